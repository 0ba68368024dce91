import { compileCondition } from './compile-condition.js';
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
export function compileTriggers(reading: Reading, path: Path, written: LooseTrigger | undefined): CompiledTrigger[] {
  if (written === undefined) return [];
  if (isList(written)) return written.flatMap((item, index) => compileOne(reading, [...path, index], item));
  return compileOne(reading, path, written);
}

type LooseSingle = Exclude<LooseTrigger, readonly unknown[]>;

function compileOne(reading: Reading, path: Path, written: LooseSingle | undefined): CompiledTrigger[] {
  if (written === undefined) return [];
  if (typeof written === 'string') {
    return typeNames(reading, path, written).map((on) => ({ trigger: always(on), fieldsRead: [] }));
  }
  const { where } = written;
  return typeNames(reading, [...path, 'on'], written.on).flatMap((on): CompiledTrigger[] => {
    const declared = reading.types.get(on);
    if (where === undefined || declared === undefined) return [{ trigger: always(on), fieldsRead: [] }];
    const compiled = compileCondition(where, declared.fields, reading.zone);
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
