import type { TopicSpec } from './port.js';

/** The topics of the product; names are public interface. The key of every record is the id of its contract. */
export const TOPICS = {
  events: 'platform.events',
  quarantine: 'platform.events.quarantine',
  decisions: 'compliance.decisions',
  alerts: 'compliance.alerts',
  statements: 'compliance.statements',
} as const;

/** Where nobody has made the topics before; fixed from then on, for it says where each contract lives. */
export const DEFAULT_PARTITIONS = 16;

/** All topics, with as many partitions each. */
export function productTopics(partitions: number): TopicSpec[] {
  return Object.values(TOPICS).map((topic) => ({ topic, partitions }));
}
