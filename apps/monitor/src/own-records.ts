import {
  contentHash,
  DOOR_SOURCE,
  doorTypes,
  reservedExtensions,
  signOwn,
  toRecordBinary,
  type EventRecord,
} from '#libs/events';

/** Types of the records the product itself writes to the stream. */
export const ownTypes = {
  tick: 'tick',
  contractPublished: 'contract.published',
  contractReplayed: 'contract.replayed',
  importBegun: 'import.begun',
  importCompleted: 'import.completed',
  noticeSent: 'notice.sent',
  alertAcknowledged: 'alert.acknowledged',
  alertSilenced: 'alert.silenced',
  alertEscalated: 'alert.escalated',
  alertTest: 'alert.test',
  ...doorTypes,
} as const;

/** Who of the product may write which of them: a signature says that it was the product, not which part of it. */
export const ownWriters: Readonly<Record<string, string>> = {
  [ownTypes.tick]: '/pactwatch/monitor',
  [ownTypes.contractPublished]: '/pactwatch/publish',
  [ownTypes.contractReplayed]: '/pactwatch/replay',
  [ownTypes.importBegun]: '/pactwatch/import',
  [ownTypes.importCompleted]: '/pactwatch/import',
  [ownTypes.noticeSent]: '/pactwatch/notifier',
  [ownTypes.alertAcknowledged]: '/pactwatch/notifier',
  [ownTypes.alertSilenced]: '/pactwatch/notifier',
  [ownTypes.alertEscalated]: '/pactwatch/notifier',
  [ownTypes.alertTest]: '/pactwatch/alert',
  [ownTypes.watermark]: DOOR_SOURCE,
  [ownTypes.recordRefused]: DOOR_SOURCE,
};

/** Facts about messages and incidents: they happen by the wall clock, also long after the last duty of the contract has ended. */
export const noticeTypes: ReadonlySet<string> = new Set([
  ownTypes.noticeSent,
  ownTypes.alertAcknowledged,
  ownTypes.alertSilenced,
  ownTypes.alertEscalated,
  ownTypes.alertTest,
]);

/** Marks a stray that was sent home. */
export const REKEYED_EXTENSION = 'rekeyed';
/** Names the import a record of history belongs to. */
export const IMPORT_EXTENSION = 'importid';

/** A tick of one partition, signed: its append time moves the clocks of the partition's contracts. */
export function tickRecord(partition: number, epoch: number, now: number, stampKey: Buffer): EventRecord {
  const source = '/pactwatch/monitor';
  const id = `tick/${partition}/${epoch}/${now}`;
  const hash = contentHash({ type: ownTypes.tick, subject: undefined, time: now, data: {} });
  const signature = signOwn(stampKey, { contract: '', source, id, type: ownTypes.tick, contentHash: hash });
  return toRecordBinary({
    id,
    source,
    type: ownTypes.tick,
    time: now,
    data: {},
    extensions: { [reservedExtensions.ownSignature]: signature },
  });
}
