export type { Log, LogBatch, LogRecord, NewRecord, Subscription, TakenBatch, TopicSpec } from './port.js';
export { homePartition } from './home-partition.js';
export { DEFAULT_PARTITIONS, productTopics, TOPICS } from './product-topics.js';
export { createKafkaLog } from './kafka/create-kafka-log.js';
export { createPostgresLog } from './postgres/create-postgres-log.js';
export { connectLog } from './log-transport.js';
