import type { CompiledObligation } from './compile-obligation.js';
import { durationMillis } from './compile-warnings.js';
import type { Budget, SubjectKind, Trigger } from './model.js';
import type { LooseFile, LooseObligation, Reading } from './reading.js';

interface Compiled {
  readonly kinds: ReadonlyMap<string, SubjectKind>;
  readonly obligations: readonly CompiledObligation[];
}

/** A rule that looks at more than one value of a contract. */
export interface Rule {
  readonly name: string;
  readonly check: (reading: Reading, compiled: Compiled) => void;
}

/** The rules a contract must keep beyond its shape, in the order in which they are checked. */
export const rules: readonly Rule[] = [
  {
    name: 'the calendar counts in the zone of the contract',
    check: ({ file, report, calendar }) => {
      if (calendar !== undefined && file.zone !== undefined && calendar.zone !== file.zone) {
        report(
          ['calendar'],
          `${calendar.id} counts in ${calendar.zone} (allowed: a calendar of the contract's zone ${file.zone})`,
        );
      }
    },
  },
  {
    name: 'an asserted source says whose side it is on',
    check: ({ file, report }) => {
      for (const [uri, source] of Object.entries(file.sources ?? {})) {
        if (source?.trust === 'asserted' && source.party === undefined) {
          report(['sources', uri], `asserted source ${uri} names no party (allowed: client, provider)`, 'key');
        }
      }
    },
  },
  {
    name: 'an arbiter is nobody’s',
    check: ({ file, report }) => {
      for (const [uri, source] of Object.entries(file.sources ?? {})) {
        if (source?.arbiter === true && (source.party !== undefined || source.trust === 'asserted')) {
          report(
            ['sources', uri, 'arbiter'],
            `${uri} decides for both sides and is on one of them (allowed: a trusted source without party)`,
          );
        }
      }
    },
  },
  {
    name: 'heartbeats are spans of time',
    check: ({ file, report }) => {
      for (const [uri, source] of Object.entries(file.sources ?? {})) {
        const heartbeat = source?.heartbeat;
        if (heartbeat !== undefined && (durationMillis(heartbeat) ?? 0) <= 0) {
          report(['sources', uri, 'heartbeat'], `'${heartbeat}' is no interval (allowed: above zero, such as PT5M)`);
        }
      }
    },
  },
  {
    name: 'a heartbeat that is promised has a type',
    check: ({ file, report }) => {
      if (file.vocabulary?.heartbeat !== undefined) return;
      for (const [uri, source] of Object.entries(file.sources ?? {})) {
        if (source?.heartbeat !== undefined) {
          report(
            ['sources', uri, 'heartbeat'],
            `${uri} promises a heartbeat that no event type carries (needed: vocabulary.heartbeat)`,
            'key',
          );
        }
      }
    },
  },
  {
    name: 'only a feed that promises a heartbeat can have a gap',
    check: ({ file, report }) => {
      for (const [uri, source] of Object.entries(file.sources ?? {})) {
        if (source?.whenSilent !== undefined && source.heartbeat === undefined) {
          report(
            ['sources', uri, 'whenSilent'],
            `${uri} promises no heartbeat, so nothing shows that it is silent (needed: heartbeat)`,
            'key',
          );
        }
      }
    },
  },
  {
    name: 'a fee has a currency',
    check: ({ file, report }) => {
      if ((file.fees?.length ?? 0) > 0 && file.currency === undefined) {
        report(['fees'], 'the fees have no currency (needed: currency, such as CNY)', 'key');
      }
    },
  },
  {
    name: 'a clock that pauses can go on, and one that resumes can pause',
    check: ({ file, report }) => {
      for (const [id, written] of writtenObligations(file)) {
        if (written.pause !== undefined && written.resume === undefined) {
          report(['obligations', id, 'pause'], `${id} pauses and nothing lets it go on (needed: resume)`, 'key');
        }
        if (written.resume !== undefined && written.pause === undefined) {
          report(['obligations', id, 'resume'], `${id} resumes and nothing pauses it (needed: pause)`, 'key');
        }
      }
    },
  },
  {
    name: 'what starts a clock does not stop it',
    check: ({ report }, { obligations }) => {
      for (const { id, clock } of obligations) {
        const both = sameFact(clock.start, clock.stop);
        if (both !== undefined) {
          report(
            ['obligations', id, 'stop'],
            `${both} starts and stops ${id} at once (allowed: another type, or a condition)`,
            'key',
          );
        }
      }
    },
  },
  {
    name: 'a pause and its end are told apart',
    check: ({ report }, { obligations }) => {
      for (const { id, clock } of obligations) {
        const both = sameFact(clock.pause, clock.resume);
        if (both !== undefined) {
          report(
            ['obligations', id, 'resume'],
            `${both} pauses and resumes ${id} at once (allowed: another type, or a condition)`,
            'key',
          );
        }
      }
    },
  },
  {
    name: 'a correction or a heartbeat moves no clock',
    check: ({ file, report, types }, { obligations }) => {
      const { correction, heartbeat } = file.vocabulary ?? {};
      for (const { id, clock } of obligations) {
        for (const [name, triggers] of Object.entries(clock)) {
          const wrong = triggers.find(({ on }) => on === correction || on === heartbeat);
          if (wrong === undefined) continue;
          const allowed = [...types.keys()].filter((type) => type !== correction && type !== heartbeat);
          report(
            ['obligations', id, name],
            `${wrong.on} is about no subject (allowed: ${allowed.slice(0, 12).join(', ')})`,
          );
        }
      }
    },
  },
  {
    name: 'each turn is a duty within an open case',
    check: ({ file, report }) => {
      for (const [id, written] of writtenObligations(file)) {
        if (written.turns === 'each-turn' && written.reopen !== undefined) {
          report(
            ['obligations', id, 'reopen'],
            `${id} runs each turn, and a turn is not reopened (allowed: turns: once)`,
            'key',
          );
        }
      }
    },
  },
  {
    name: 'a share of a budget needs a budget',
    check: ({ file, report }) => {
      for (const [id, { target, warnings }] of writtenObligations(file)) {
        if (target === undefined || typeof target === 'string' || !('dueField' in target)) continue;
        (warnings ?? []).forEach((text, index) => {
          if (text?.endsWith('%') === true) {
            report(
              ['obligations', id, 'warnings', index],
              `${text} of a due instant that the fact carries is no instant (allowed: a duration before due such as PT4H)`,
            );
          }
        });
      }
    },
  },
  {
    name: 'a warning comes after the start',
    check: ({ report }, { obligations }) => {
      for (const { id, obligation } of obligations) {
        const { target, warnings } = obligation ?? {};
        if (target === undefined || target.by === 'fact') continue;
        const spans = target.by === 'budget' ? [target.budget] : Object.values(target.budgets);
        const shortest = Math.min(...spans.map(spanMillis));
        warnings?.forEach((warning, index) => {
          if (warning.kind === 'before-due' && warning.millis >= shortest) {
            const [span] = spans.filter((one) => spanMillis(one) === shortest);
            report(
              ['obligations', id, 'warnings', index],
              `a warning ${warning.text} before due comes before the start (allowed: less than ${span?.text ?? ''})`,
            );
          }
        });
      }
    },
  },
  {
    name: 'a warning comes once',
    check: ({ file, report }) => {
      for (const [id, written] of writtenObligations(file)) {
        (written.warnings ?? []).forEach((text, index, all) => {
          if (text !== undefined && all.indexOf(text) < index) {
            report(['obligations', id, 'warnings', index], `the warning at ${text} is there twice`);
          }
        });
      }
    },
  },
  {
    name: 'every kind of subject has a duty',
    check: ({ file, report }, { kinds }) => {
      const used = new Set(Object.values(file.obligations ?? {}).map((written) => written?.subject));
      for (const id of kinds.keys()) {
        if (!used.has(id))
          report(['subjects', id], `no obligation is about ${id} (needed: one, or leave the kind out)`, 'key');
      }
    },
  },
];

function writtenObligations(file: LooseFile): [string, LooseObligation][] {
  return Object.entries(file.obligations ?? {}).flatMap(([id, written]) =>
    written === undefined ? [] : [[id, written]],
  );
}

/** The type that fires both ways without a condition on either side. */
function sameFact(one: readonly Trigger[], other: readonly Trigger[]): string | undefined {
  return one.find(
    ({ on, where }) => where === null && other.some((second) => second.on === on && second.where === null),
  )?.on;
}

/** The least time round the clock that a time budget lasts; counted days leave time enough. */
function spanMillis(budget: Budget): number {
  return 'millis' in budget ? budget.millis : Number.POSITIVE_INFINITY;
}
