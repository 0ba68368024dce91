export type { Appended, Log, LogBatch, LogRecord, NewRecord, Subscriber, Subscription, TopicSpec } from './port.js';
export { homePartition } from './home-partition.js';
export { ShapeError } from './shape-error.js';
export { DEFAULT_PARTITIONS, productTopics, TOPICS } from './product-topics.js';
export { createKafkaLog, type KafkaLogOptions } from './kafka/create-kafka-log.js';
export { createPostgresLog } from './postgres/create-postgres-log.js';
export { connectLog, LogTransport, type LogTransportOptions } from './log-transport.js';
