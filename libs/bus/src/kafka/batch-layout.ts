/** Where the fields of a batch lie that come before its records (Apache Kafka, record format 2), by bytes from its beginning. */
export const batchLayout = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  checksum: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  firstTime: 27,
  lastTime: 35,
  producerId: 43,
  producerEpoch: 51,
  firstSequence: 53,
  count: 57,
  records: 61,
} as const;

/** The format's number. */
export const MAGIC = 2;
/** What `length` does not count: the base offset and itself. */
export const UNCOUNTED_BYTES = batchLayout.leaderEpoch;
/** The checksum holds for everything from here on. */
export const CHECKED_FROM = batchLayout.attributes;
