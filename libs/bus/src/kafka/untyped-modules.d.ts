// Parts of kafkajs 2.2.4 that it does not publish, and two codecs without types: only what is used here.
declare module 'kafkajs/src/network/requestQueue' {
  export default class RequestQueue {
    pending: unknown[];
    throttledUntil: number;
    scheduleCheckPendingRequests(): void;
  }
}

declare module 'kafkajs/src/network/connection' {
  import type { ISocketFactory } from 'kafkajs';
  export default class Connection {
    readonly socketFactory: ISocketFactory;
    readonly broker: string;
    connect(): Promise<boolean>;
  }
}

declare module 'kafkajs/src/network/socketFactory' {
  import type { ISocketFactory } from 'kafkajs';
  export default function createSocketFactory(): ISocketFactory;
}

declare module 'kafkajs/src/cluster' {
  export default class Cluster {
    readonly brokerPool: { withBroker(ask: unknown): Promise<unknown> };
    findGroupCoordinatorMetadata(group: {
      readonly groupId: string;
      readonly coordinatorType: number;
    }): Promise<object>;
  }
}

declare module 'kafkajs/src/consumer/consumerGroup' {
  export default class ConsumerGroup {
    recoverFromOffsetOutOfRange(error: { readonly topic: string; readonly partition: number }): Promise<void>;
  }
}

declare module 'kafkajs/src/protocol/recordBatch/crc32C' {
  export default function crc32C(bytes: Buffer): number;
}

declare module 'kafkajs/src/protocol/encoder' {
  export default class Encoder {
    constructor(bytes?: number);
    writeString(value: string | null): this;
    writeInt16(value: number): this;
    writeInt32(value: number): this;
    writeBytes(value: Buffer): this;
  }
}

declare module 'kafkajs/src/protocol/requests' {
  import type Encoder from 'kafkajs/src/protocol/encoder';
  export interface Request {
    readonly request: { readonly apiVersion: number; readonly encode: () => Promise<Encoder> };
    readonly response: object;
  }
  export const requests: {
    readonly Produce: unknown;
    readonly Fetch: { protocol(of: { readonly version: number }): (fields: object) => Request };
  };
}

declare module 'kafkajs/src/protocol/requests/apiKeys' {
  const apiKeys: { readonly Produce: number };
  export default apiKeys;
}

declare module 'kafkajs-snappy' {
  export default function createSnappy(): {
    compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
    decompress(bytes: Buffer): Promise<Buffer>;
  };
}

declare module 'lz4js' {
  export function compress(bytes: Uint8Array): Uint8Array;
  export function decompress(bytes: Uint8Array): Uint8Array;
}

declare module 'kafkajs/src/protocol/decoder' {
  export default class Decoder {
    constructor(bytes: Buffer);
  }
}

declare module 'kafkajs/src/protocol/messageSet/decoder' {
  import type Decoder from 'kafkajs/src/protocol/decoder';
  export default function decodeMessageSet(
    decoder: Decoder,
    bytes: number,
  ): Promise<
    readonly {
      readonly offset: string;
      readonly key: Buffer | null;
      readonly value: Buffer | null;
      readonly timestamp?: string;
    }[]
  >;
}

declare module 'kafkajs/src/protocol/recordBatch/v0' {
  export function RecordBatch(batch: object): Promise<{ readonly buffer: Buffer }>;
}

declare module 'kafkajs/src/protocol/recordBatch/v0/decoder' {
  import type { KafkaMessage } from 'kafkajs';
  import type Decoder from 'kafkajs/src/protocol/decoder';
  export default function decodeBatch(
    decoder: Decoder,
  ): Promise<{ readonly records: readonly KafkaMessage[]; readonly firstSequence: number }>;
}

declare module 'kafkajs/src/protocol/recordBatch/record/v0' {
  export default function encodeRecord(record: object): object;
}
