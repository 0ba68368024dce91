import { checkClause } from './compile-head.js';
import { compileNotice } from './compile-notice.js';
import type { ContractFile } from './contract-file.js';
import type { Right, RightCondition } from './money.js';
import { unknownName } from './nearest-name.js';
import { periodAt, type Path, type Reading } from './reading.js';
import { ruleAt, rulesAt } from './rule-names.js';
import type { RuleReads } from './rule-reads.js';
import type { Loose } from './salvage.js';

type LooseRight = Loose<NonNullable<ContractFile['rights']>[string]>;

export interface CompiledRights {
  readonly rights: readonly Right[];
  readonly reads: readonly RuleReads[];
}

/** Compiles what a party may do once a condition holds. */
export function compileRights(reading: Reading): CompiledRights {
  const reads: RuleReads[] = [];
  const rights = Object.entries(reading.file.rights ?? {}).flatMap(([id, written]): Right[] => {
    if (written === undefined) return [];
    const path: Path = ['rights', id];
    checkClause(reading, [...path, 'clause'], written.clause);
    const when = compileWhen(reading, [...path, 'when'], written.when, (read) => reads.push(read));
    const expires = periodAt(reading, [...path, 'exerciseWithin'], written.exerciseWithin) ?? null;
    const { right, clause, party } = written;
    if (right === undefined || clause === undefined || when === undefined) return [];
    return [{ id, right, clause, party: party ?? null, when, expires }];
  });
  return { rights, reads };
}

function compileWhen(
  reading: Reading,
  path: Path,
  written: LooseRight['when'],
  read: (reads: RuleReads) => void,
): RightCondition | undefined {
  switch (written?.after) {
    case 'missed-running': {
      const standards = rulesAt(reading, [...path, 'standards'], written.standards, ['standard']);
      return written.periods === undefined ? undefined : { by: 'missed-running', standards, periods: written.periods };
    }
    case 'capped': {
      const { limit, times, of } = written;
      const caps = (reading.file.limits ?? []).flatMap((one) =>
        one?.kind === 'cap' && one.id !== undefined ? [one.id] : [],
      );
      if (limit !== undefined && !caps.includes(limit))
        reading.report([...path, 'limit'], unknownName('cap under limits', limit, caps));
      if (times !== undefined && of !== undefined && times > of)
        reading.report(
          [...path, 'times'],
          `a cap is not reached ${times} times in ${of} cycles (allowed: at most ${of})`,
        );
      return limit === undefined || times === undefined || of === undefined
        ? undefined
        : { by: 'capped', limit, times, of };
    }
    case 'breach': {
      const [rule] = ruleAt(reading, [...path, 'rule'], written.rule, ['obligation', 'duty', 'prohibition']);
      return rule === undefined ? undefined : { by: 'breach', rule };
    }
    case 'breaches': {
      const rules = rulesAt(reading, [...path, 'rules'], written.rules);
      const { times, cycles } = written;
      return times === undefined ? undefined : { by: 'breaches', rules, times, cycles: cycles ?? null };
    }
    case 'uncured': {
      const [rule] = ruleAt(reading, [...path, 'rule'], written.rule, ['obligation', 'duty']);
      const notice = compileNotice(reading, [...path, 'notice'], written.notice);
      const within = periodAt(reading, [...path, 'within'], written.within);
      if (notice !== undefined) read(notice);
      if (rule === undefined || notice === undefined || within === undefined) return undefined;
      return { by: 'uncured', rule, notice: notice.triggers, aboutField: notice.aboutField, within };
    }
    case undefined:
      return undefined;
  }
}
