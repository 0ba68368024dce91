import { parseDuration } from '#libs/calendar';
import type { Obligation, SubjectKind } from './model.js';
import { durationMillis } from './compile-obligation.js';
import type { Reading } from './reading.js';
import { readPeriod } from './read-period.js';

export interface Compiled {
  readonly kinds: ReadonlyMap<string, SubjectKind>;
  readonly obligations: readonly Obligation[];
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
        report(['calendar'], `${calendar.id} counts in ${calendar.zone} (allowed: a calendar of the contract's zone ${file.zone})`);
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
    name: 'delays and heartbeats are spans of time',
    check: ({ file, report, calendar, calendars }) => {
      for (const [uri, source] of Object.entries(file.sources ?? {})) {
        const delay = source?.delay;
        const counted = delay !== undefined && calendar !== undefined && readPeriod(delay, calendar, calendars).ok;
        if (delay !== undefined && calendar !== undefined && !counted && parseDuration(delay) === undefined) {
          report(['sources', uri, 'delay'], `'${delay}' is no delay (allowed: such as PT10M, P3D, 1 working day)`);
        }
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
          report(['sources', uri, 'heartbeat'], `${uri} promises a heartbeat that no event type carries (needed: vocabulary.heartbeat)`, 'key');
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
      for (const [id, written] of Object.entries(file.obligations ?? {})) {
        if (written?.pause !== undefined && written.resume === undefined) {
          report(['obligations', id, 'pause'], `${id} pauses and nothing lets it go on (needed: resume)`, 'key');
        }
        if (written?.resume !== undefined && written.pause === undefined) {
          report(['obligations', id, 'resume'], `${id} resumes and nothing pauses it (needed: pause)`, 'key');
        }
      }
    },
  },
  {
    name: 'only a condition can tell a start from a stop by the same type',
    check: ({ report }, { obligations }) => {
      for (const { id, start, stop } of obligations) {
        const both = start.find((one) => one.where === null && stop.some((other) => other.on === one.on && other.where === null));
        if (both !== undefined) {
          report(['obligations', id, 'stop'], `${both.on} starts and stops ${id} at once (allowed: another type, or a condition)`, 'key');
        }
      }
    },
  },
  {
    name: 'a pause and its end are told apart',
    check: ({ report }, { obligations }) => {
      for (const { id, pause, resume } of obligations) {
        const both = pause.find((one) => one.where === null && resume.some((other) => other.on === one.on && other.where === null));
        if (both !== undefined) {
          report(['obligations', id, 'resume'], `${both.on} pauses and resumes ${id} at once (allowed: another type, or a condition)`, 'key');
        }
      }
    },
  },
  {
    name: 'each turn is a duty within an open case',
    check: ({ report }, { obligations }) => {
      for (const { id, turns, reopen } of obligations) {
        if (turns === 'each-turn' && reopen !== null) {
          report(['obligations', id, 'reopen'], `${id} runs each turn, and a turn is not reopened (allowed: turns: once)`, 'key');
        }
      }
    },
  },
  {
    name: 'a share of a budget needs a budget',
    check: ({ report }, { obligations }) => {
      for (const { id, target, warnings } of obligations) {
        warnings.forEach((warning, index) => {
          if (warning.kind === 'fraction' && target.by === 'fact') {
            report(
              ['obligations', id, 'warnings', index],
              `${warning.text} of a due instant that the fact carries is no instant (allowed: a duration before due such as PT4H)`,
            );
          }
        });
      }
    },
  },
  {
    name: 'a warning comes once',
    check: ({ file, report }) => {
      for (const [id, written] of Object.entries(file.obligations ?? {})) {
        (written?.warnings ?? []).forEach((text, index, all) => {
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
        if (!used.has(id)) report(['subjects', id], `no obligation is about ${id} (needed: one, or leave the kind out)`, 'key');
      }
    },
  },
];
