import { CASE, compileCondition, type CelSchema } from './compile-condition.js';
import type { ContractFile } from './contract-file.js';
import type { Trigger } from './model.js';
import { typeNames, type Path, type Reading } from './reading.js';
import type { Loose } from './salvage.js';

export type LooseTrigger = Loose<ContractFile['obligations'][string]['start']>;

/** A trigger with the fields of `data` that its condition reads. */
export interface CompiledTrigger {
  readonly trigger: Trigger;
  readonly fieldsRead: readonly string[];
}

/** Compiles an event type, `{on, where}`, or a list of these. Empty where there is none. */
export function compileTriggers(
  reading: Reading,
  path: Path,
  written: LooseTrigger | undefined,
  standing: CelSchema | null = CASE,
): CompiledTrigger[] {
  if (written === undefined) return [];
  if (isList(written)) return written.flatMap((item, index) => compileOne(reading, [...path, index], item, standing));
  return compileOne(reading, path, written, standing);
}

/**
 * Compiles the triggers of a rule that is about facts and not about cases: its conditions read no `case`, and neither a
 * correction nor a heartbeat fires it.
 */
export function compileFactTriggers(
  reading: Reading,
  path: Path,
  written: LooseTrigger | undefined,
): CompiledTrigger[] {
  const compiled = compileTriggers(reading, path, written, null);
  const { correction, heartbeat } = reading.file.vocabulary ?? {};
  for (const { trigger } of compiled) {
    if (trigger.on === correction || trigger.on === heartbeat)
      reading.report(
        path,
        `${trigger.on} is about no subject (allowed: types that are neither correction nor heartbeat)`,
      );
  }
  return compiled;
}

type LooseSingle = Exclude<LooseTrigger, readonly unknown[]>;

function compileOne(
  reading: Reading,
  path: Path,
  written: LooseSingle | undefined,
  standing: CelSchema | null,
): CompiledTrigger[] {
  if (written === undefined) return [];
  if (typeof written === 'string') {
    return typeNames(reading, path, written).map((on) => ({ trigger: always(on), fieldsRead: [] }));
  }
  const { where } = written;
  return typeNames(reading, [...path, 'on'], written.on).flatMap((on): CompiledTrigger[] => {
    const declared = reading.types.get(on);
    if (where === undefined || declared === undefined) return [{ trigger: always(on), fieldsRead: [] }];
    const compiled = compileCondition(where, declared.fields, reading.zone, standing);
    if (!compiled.ok) {
      reading.reportInside([...path, 'where'], compiled.offset, `where '${where}' on ${on}: ${compiled.message}`);
      return [];
    }
    const { holds, fieldsRead } = compiled.condition;
    return [{ trigger: { on, where, holds }, fieldsRead }];
  });
}

function always(on: string): Trigger {
  return { on, where: null, holds: () => true };
}

function isList(written: LooseTrigger): written is readonly (LooseSingle | undefined)[] {
  return Array.isArray(written);
}
