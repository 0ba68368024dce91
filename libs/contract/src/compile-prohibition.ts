import { Temporal } from 'temporal-polyfill';
import { compileHead } from './compile-head.js';
import { survivalAt, type CompiledTerm } from './compile-term.js';
import { compileFactTriggers } from './compile-trigger.js';
import type { ContractFile } from './contract-file.js';
import { declaredField, PARTY } from './declared-field.js';
import type { Prohibition } from './duties.js';
import type { Path, Reading } from './reading.js';
import { feedsOf, readsOf, type RuleReads } from './rule-reads.js';
import type { Loose } from './salvage.js';
import { startOf } from './service-periods.js';

export type LooseProhibition = Loose<NonNullable<ContractFile['prohibitions']>[string]>;

export interface CompiledProhibition extends RuleReads {
  readonly id: string;
  /** Undefined where a part of it is missing or wrong. */
  readonly prohibition: Prohibition | undefined;
}

/** Compiles a rule that a matching fact breaks. */
export function compileProhibition(
  reading: Reading,
  id: string,
  written: LooseProhibition,
  term: CompiledTerm | undefined,
): CompiledProhibition {
  const path: Path = ['prohibitions', id];
  const head = compileHead(reading, path, id, written);
  const on = compileFactTriggers(reading, [...path, 'on'], written.on);
  const types = on.map(({ trigger }) => trigger.on);
  const named = typeof written.party === 'object' ? written.party : undefined;
  const party = typeof written.party === 'string' ? written.party : undefined;
  const survives = survivalAt(reading, [...path, 'survives'], written.survives);
  const end = term?.days.end.add(survives);
  if (end !== undefined && term !== undefined) {
    const last = term.days.end.add(
      survivalAt({ ...reading, report: () => undefined }, [], reading.file.term?.survives),
    );
    if (Temporal.PlainDate.compare(end, last) > 0)
      reading.report(
        [...path, 'survives'],
        `${id} outlives the term by ${written.survives ?? ''}, and no duty does so for longer than ${reading.file.term?.survives ?? 'P0D'} (allowed: up to survives of the term)`,
      );
  }
  const who: Prohibition['party'] | undefined =
    party !== undefined
      ? { by: 'rule', party }
      : named?.field === undefined
        ? undefined
        : { by: 'field', field: named.field, only: named.only ?? null };
  return {
    id,
    feeds: feedsOf(`prohibition:${id}`, types, 'subject'),
    fieldsRead: [...readsOf(on), ...declaredField(reading, [...path, 'party', 'field'], types, named?.field, PARTY)],
    prohibition:
      head === undefined || who === undefined || end === undefined
        ? undefined
        : { ...head, party: who, on: on.map(({ trigger }) => trigger), until: startOf(end, reading.zone) },
  };
}
