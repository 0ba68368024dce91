import { Kafka, logLevel } from 'kafkajs';

interface Coordinator {
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<void>;
}

interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  findGroupCoordinator(group: { readonly groupId: string }): Promise<Coordinator>;
}

/**
 * Tells Kafka that the members of a group (the monitors, unless said otherwise) up to now are gone, as the group's coordinator would find out by itself ten
 * seconds later: so that a test can kill many in a short time.
 */
export async function dismissMembers(brokers: string, group = 'pactwatch-monitor'): Promise<void> {
  const kafka = new Kafka({ brokers: [brokers], clientId: 'pactwatch-dismiss', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const { groups } = await admin.describeGroups([group]).finally(() => admin.disconnect());
  const cluster = openCluster(kafka);
  await cluster.connect();
  try {
    await cluster.refreshMetadata();
    const coordinator = await cluster.findGroupCoordinator({ groupId: group });
    for (const { memberId } of groups.flatMap(({ members }) => members)) {
      await coordinator.leaveGroup({ groupId: group, memberId });
    }
  } finally {
    await cluster.disconnect();
  }
}

/** kafkajs has no public call for it. */
function openCluster(kafka: Kafka): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find((one) => one.description === 'private:Kafka:createCluster')!;
  const create = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol]!;
  return create({ metadataMaxAge: 300_000, allowAutoTopicCreation: false });
}
