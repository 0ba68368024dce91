import type { Mapping } from '#libs/events';

/** A way in for a platform whose own topics have other keys and shapes. */
export interface Door {
  /** As contracts name it for their sources. */
  readonly name: string;
  readonly topics: readonly [DoorTopic, ...DoorTopic[]];
}

export interface DoorTopic {
  readonly topic: string;
  readonly mapping: Mapping;
  /** Whether the broker sets the records' times (`message.timestamp.type=LogAppendTime`); else their senders do. */
  readonly logAppendTime: boolean;
}
