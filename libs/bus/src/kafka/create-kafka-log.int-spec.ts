import { describeLogContract } from '../log-contract.js';
import { createKafkaLog } from './create-kafka-log.js';

const brokers = process.env.PACTWATCH_TEST_KAFKA?.split(',');

if (brokers === undefined) {
  it.skip('needs Apache Kafka, which is not there', () => undefined);
} else {
  describeLogContract('Apache Kafka', () => createKafkaLog({ brokers, clientId: 'pactwatch-contract' }));
}
