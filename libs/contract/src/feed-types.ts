import type { DataField } from './data-field.js';
import type { Text } from './rule.js';

/**
 * What the product itself records where a source that promises a heartbeat falls silent and is heard again, under the source
 * `FEED_WATCHER` and about the silent source as subject. `since`: the last sign before; `until`: the first sign after.
 */
export const FEED_TYPES = { silent: 'feed.silent', heard: 'feed.heard' } as const;

export const FEED_WATCHER = '/pactwatch/monitor';

/** The field of a heartbeat by which its source says that it has sent all that has happened since that instant. */
export const COMPLETE_SINCE = 'completeSince';

export const FEED_TITLES: Readonly<Record<string, Text>> = {
  [FEED_TYPES.silent]: { 'zh-CN': '来源中断', en: 'A feed falls silent' },
  [FEED_TYPES.heard]: { 'zh-CN': '来源恢复', en: 'A feed is heard again' },
};

const instant: DataField = { shape: { is: 'instant' }, optional: false, requiredWhen: null };

export const FEED_TYPE_FIELDS: ReadonlyMap<string, ReadonlyMap<string, DataField>> = new Map([
  [FEED_TYPES.silent, new Map([['since', instant]])],
  [
    FEED_TYPES.heard,
    new Map([
      ['since', instant],
      ['until', instant],
    ]),
  ],
]);

export const HEARTBEAT_FIELDS: ReadonlyMap<string, DataField> = new Map<string, DataField>([
  [COMPLETE_SINCE, { shape: { is: 'instant' }, optional: true, requiredWhen: null }],
]);
