import { compileFactTriggers } from './compile-trigger.js';
import type { ContractFile } from './contract-file.js';
import { declaredField, NAME } from './declared-field.js';
import type { Trigger } from './model.js';
import type { MaterialBreach } from './money.js';
import { periodAt, type Path, type Reading } from './reading.js';
import { feedsOf, readsOf, type RuleReads } from './rule-reads.js';
import type { Loose } from './salvage.js';

type LooseMaterial = Loose<NonNullable<ContractFile['obligations'][string]['material']>>;
type LooseNotice = NonNullable<LooseMaterial['notice']>;

export interface CompiledNotice extends RuleReads {
  readonly triggers: readonly Trigger[];
  readonly aboutField: string;
}

/** Compiles the notice that starts a further period; undefined where it does not say what it is about. */
export function compileNotice(
  reading: Reading,
  path: Path,
  written: LooseNotice | undefined,
): CompiledNotice | undefined {
  const compiled = compileFactTriggers(reading, path, written && { on: written.on, where: written.where });
  const types = compiled.map(({ trigger }) => trigger.on);
  const read = declaredField(reading, [...path, 'about'], types, written?.about, NAME);
  if (written?.about === undefined) return undefined;
  return {
    triggers: compiled.map(({ trigger }) => trigger),
    aboutField: written.about,
    feeds: feedsOf('notice:', types, { field: written.about }),
    fieldsRead: [...readsOf(compiled), ...read],
  };
}

export interface CompiledMaterial {
  readonly materialBreach: MaterialBreach;
  readonly reads: RuleReads;
}

/** Compiles after which notice and period a breach of the rule becomes material. */
export function compileMaterial(
  reading: Reading,
  path: Path,
  rule: string,
  written: LooseMaterial | undefined,
): CompiledMaterial | undefined {
  const notice = compileNotice(reading, [...path, 'notice'], written?.notice);
  const within = periodAt(reading, [...path, 'within'], written?.within);
  if (notice === undefined || within === undefined) return undefined;
  const { triggers, aboutField } = notice;
  return { materialBreach: { rule, notice: triggers, aboutField, within }, reads: notice };
}
