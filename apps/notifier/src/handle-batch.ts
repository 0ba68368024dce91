import type { LogBatch } from '#libs/bus';
import type { Contract } from '#libs/contract';
import type { AlertSave, Deliveries, IncidentRow, NewAlert, NewEscalation, SilenceRow } from '#libs/store';
import type { Logger } from '#libs/telemetry';
import { variantOf, type Alert } from './alert.js';
import { changeIncident, isWaiting } from './incident.js';
import { planDeliveries, planEscalations, type Planning } from './plan-deliveries.js';
import type { PublishedContracts } from './published-contracts.js';
import { readAlert, readKeptAlert } from './read-alert.js';

/** The name that positions are kept under. */
export const CONSUMER = 'notifier';

export interface BatchTools extends Omit<Planning, 'incident' | 'silences' | 'now'> {
  readonly contracts: PublishedContracts;
  readonly deliveries: Deliveries;
  readonly now: () => number;
  readonly logger: Logger;
}

/**
 * The whole way of a batch of alerts: read each, change its incident, plan who hears of it, save alerts, incidents, deliveries
 * and position in one transaction. Sending is somebody else's: what is saved here is sent, also after a crash.
 *
 * @param fromOffset the position as this process remembers it; records before it have had their effect.
 * @throws PositionMovedError where the position is another: nothing is saved.
 */
export async function handleBatch(batch: LogBatch, fromOffset: number, tools: BatchTools): Promise<void> {
  const { topic, partition, nextOffset: toOffset } = batch;
  if (toOffset <= fromOffset) return;
  const read = await fresh(readAll(batch, fromOffset, tools.logger), tools.deliveries);
  const saving = new Saving(read.incidents, read.silences);
  for (const { alert, offset } of read.alerts) {
    const contract = await tools.contracts.byHash(alert.contract, alert.contractHash);
    saving.take(alert, offset, contract, tools);
  }
  await tools.deliveries.save({ consumer: CONSUMER, topic, partition, fromOffset, toOffset, ...saving.result() });
}

interface Placed {
  readonly alert: Alert;
  readonly offset: number;
}

function readAll(batch: LogBatch, fromOffset: number, logger: Logger): Placed[] {
  const { topic, partition } = batch;
  const passOver = (offset: number, why: string): void =>
    logger.error({ topic, partition, offset }, `An alert that cannot be read is passed over: ${why}`);
  batch.undecodable.forEach((range) => passOver(range.from, range.detail));
  const placed: Placed[] = [];
  for (const { offset, ...record } of batch.records) {
    if (offset < fromOffset) continue;
    const read = readAlert(record);
    if (!read.ok) passOver(offset, read.problem);
    else if (read.alert.contractHash === '') {
      passOver(offset, `no version of contract ${read.alert.contract} was published then, so nobody is named to tell`);
    } else placed.push({ alert: read.alert, offset });
  }
  return placed;
}

/** Alerts that are not here yet, with what they meet. */
async function fresh(
  placed: readonly Placed[],
  deliveries: Deliveries,
): Promise<{ alerts: Placed[]; incidents: Map<string, IncidentRow>; silences: SilenceRow[] }> {
  if (placed.length === 0) return { alerts: [], incidents: new Map(), silences: [] };
  const keys = placed.map(({ alert }) => {
    const { contract, generation, number, kind } = alert;
    return { contract, generation, number, kind, warning: variantOf(alert) };
  });
  const incidents = [...new Set(placed.map(({ alert }) => alert.incident))];
  const contracts = [...new Set(placed.map(({ alert }) => alert.contract))];
  const standing = await deliveries.standing(keys, incidents, contracts);
  const seen = new Set<string>();
  const alerts = placed.filter((_, index) => {
    const key = JSON.stringify(keys[index]);
    const repeated = standing.known[index] === true || seen.has(key);
    seen.add(key);
    return !repeated;
  });
  return { alerts, incidents: new Map(standing.incidents), silences: [...standing.silences] };
}

/** What a batch comes to, alert by alert. */
class Saving {
  private readonly alerts: NewAlert[] = [];
  private readonly changed = new Map<string, IncidentRow>();
  private readonly added: SilenceRow[] = [];
  private readonly settled = new Set<string>();
  private readonly withdrawn = new Set<string>();
  private escalations: NewEscalation[] = [];

  constructor(
    private readonly incidents: Map<string, IncidentRow>,
    private readonly silences: SilenceRow[],
  ) {}

  take(read: Alert, offset: number, contract: Contract, tools: BatchTools): void {
    const before = this.incidents.get(read.incident);
    const incident = changeIncident(before, read, contract);
    // Whoever hears of an act, or hears of it further up, hears what it is about.
    const tellsOf = before !== undefined && (read.kind === 'acknowledged' || read.kind === 'escalation');
    const alert = tellsOf ? about(read, before) : read;
    const planning: Planning = { ...tools, incident, silences: this.silences, now: tools.now() };
    // Acknowledged twice, or escalated when somebody had acknowledged: nothing has changed, and there is nothing to tell.
    const isTold = (read.kind !== 'acknowledged' && read.kind !== 'escalation') || incident !== before;
    this.alerts.push({
      offset,
      contract: read.contract,
      incident: read.incident,
      change: read.change,
      kind: read.kind,
      generation: read.generation,
      number: read.number,
      warning: variantOf(read),
      record: read.record,
      deliveries: isTold ? planDeliveries(alert, contract, planning) : [],
    });
    if (read.silence !== null) this.silence(read);
    if (incident === undefined || incident === before) return;
    this.incidents.set(incident.incident, incident);
    this.changed.set(incident.incident, incident);
    this.escalate(before, incident, () => planEscalations(alert, contract, planning));
    if (read.kind === 'withdrawal') this.withdrawn.add(incident.incident);
  }

  result(): Pick<AlertSave, 'alerts' | 'incidents' | 'escalations' | 'settled' | 'silences' | 'withdrawn'> {
    return {
      alerts: this.alerts,
      incidents: [...this.changed.values()],
      escalations: this.escalations,
      settled: [...this.settled],
      silences: this.added,
      withdrawn: [...this.withdrawn],
    };
  }

  private silence({ contract, silence, act }: Alert): void {
    if (silence === null) return;
    const row: SilenceRow = {
      id: silence.id,
      contract,
      match: JSON.stringify(silence.match),
      reason: act?.note ?? '',
      by: JSON.stringify({ name: act?.by ?? '' }),
      beginsAt: silence.from,
      endsAt: silence.to,
    };
    this.silences.push(row);
    this.added.push(row);
  }

  /** A new run begins its steps; what waits for nobody needs none. */
  private escalate(before: IncidentRow | undefined, after: IncidentRow, plan: () => NewEscalation[]): void {
    if (isWaiting(after) && after.run === before?.run) return;
    this.settled.add(after.incident);
    this.escalations = this.escalations.filter((one) => one.incident !== after.incident);
    if (isWaiting(after)) this.escalations.push(...plan());
  }
}

/** An act on an incident, with what the incident is about. */
function about(act: Alert, incident: IncidentRow): Alert {
  const { verdict, feed, standard, statement, failure } = readKeptAlert(incident.record);
  return { ...act, verdict, feed, standard, statement, failure: act.failure ?? failure };
}
