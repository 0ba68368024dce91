import { parseDuration } from '#libs/calendar';
import type { Budget, PartyId, Source } from './model.js';
import { typeNames, type Reading } from './reading.js';
import { readPeriod } from './read-period.js';

const DAY_MILLIS = 24 * 3_600_000;

/**
 * Compiles the sources: those of the file, and the ones under which a person enters facts here, `/pactwatch/client`,
 * `/pactwatch/provider` and `/pactwatch/arbiter`. They count as the party's, or the arbiter's, own source: with the delay
 * agreed for the first of these that the file names, unless the file names them itself.
 */
export function compileSources(reading: Reading): ReadonlyMap<string, Source> {
  const sources = new Map<string, Source>();
  for (const [uri, written] of Object.entries(reading.file.sources ?? {})) {
    if (written === undefined) continue;
    const { delay } = written;
    sources.set(uri, {
      uri,
      trust: written.trust ?? 'asserted',
      party: written.party ?? null,
      arbiter: written.arbiter ?? false,
      delay: delay ?? 'PT0S',
      delayPeriod: delay === undefined ? null : (delayAt(reading, ['sources', uri, 'delay'], delay) ?? null),
      precision: written.precision ?? 'instant',
      heartbeat: written.heartbeat ?? null,
      sends: written.sends === undefined ? null : typeNames(reading, ['sources', uri, 'sends'], written.sends),
      whenSilent: written.whenSilent ?? 'unknown',
      door: written.door ?? null,
      isDefault: written.default ?? false,
    });
  }
  for (const entered of enteredHere([...sources.values()]))
    if (!sources.has(entered.uri)) sources.set(entered.uri, entered);
  return sources;
}

function enteredHere(named: readonly Source[]): Source[] {
  const like = (uri: string, role: Pick<Source, 'trust' | 'party' | 'arbiter'>, model: Source | undefined): Source => ({
    uri,
    ...role,
    delay: model?.delay ?? 'PT0S',
    delayPeriod: model?.delayPeriod ?? null,
    precision: 'instant',
    heartbeat: null,
    sends: null,
    whenSilent: 'unknown',
    door: null,
    isDefault: false,
  });
  const ofParty = (party: PartyId): Source =>
    like(
      `/pactwatch/${party}`,
      { trust: 'asserted', party, arbiter: false },
      named.find((one) => one.party === party && one.trust === 'asserted'),
    );
  return [
    ofParty('client'),
    ofParty('provider'),
    like(
      '/pactwatch/arbiter',
      { trust: 'trusted', party: null, arbiter: true },
      named.find((one) => one.arbiter),
    ),
  ];
}

/** An agreed delay: ISO 8601 round the clock, or counted days. Undefined where it was reported. */
function delayAt(reading: Reading, path: readonly string[], written: string): Budget | undefined {
  const duration = parseDuration(written);
  if (duration !== undefined && 'millis' in duration) return span(duration.millis, written);
  if (duration !== undefined && 'days' in duration) return span(duration.days * DAY_MILLIS, written);
  const read = readPeriod(written, reading.calendar, reading.calendars);
  if (read.ok) return read.value;
  reading.report(path, `'${written}' is no delay (allowed: such as PT10M, P3D, 1 working day)`);
  return undefined;
}

function span(millis: number, written: string): Budget {
  return { counting: 'elapsed-time', millis, text: `${written} round the clock` };
}
