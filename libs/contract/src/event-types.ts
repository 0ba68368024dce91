import { dataCheck } from './data-check.js';
import { dataSchema, readDataField, type DataField } from './data-field.js';
import type { CompiledKind } from './compile-kind.js';
import type { CompiledObligation } from './compile-obligation.js';
import type { EventType } from './model.js';
import { COMPLETE_SINCE, FEED_TITLES, FEED_TYPE_FIELDS, HEARTBEAT_FIELDS } from './feed-types.js';
import { refuseLongNames } from './refuse-long-names.js';
import { compileFeed, feedsOf, type FeedKey, type RuleReads } from './rule-reads.js';
import { bothLanguages, type DeclaredType, type LooseFile, type Report } from './reading.js';

/** What a correction carries: fixed, since its meaning is; which type it has is the contract's choice. */
const CORRECTION: ReadonlyMap<string, DataField> = new Map<string, DataField>([
  ['corrects', { shape: { is: 'id' }, optional: false, requiredWhen: null }],
  ['source', { shape: { is: 'id' }, optional: true, requiredWhen: null }],
  ['action', { shape: { is: 'one-of', values: ['withdraw', 'replace'] }, optional: false, requiredWhen: null }],
  ['data', { shape: { is: 'object' }, optional: true, requiredWhen: { action: 'replace' } }],
]);

/** Reads the declared event types and the fields of their data. */
export function declaredTypes(file: LooseFile, report: Report): ReadonlyMap<string, DeclaredType> {
  const types = new Map<string, DeclaredType>();
  const { correction, heartbeat } = file.vocabulary ?? {};
  for (const [type, written] of Object.entries(file.events ?? {})) {
    const fields = new Map<string, DataField>();
    for (const [name, field] of Object.entries(written?.data ?? {})) {
      const at = ['events', type, 'data', name];
      const read = readDataField(field, (path, message) => report([...at, ...path], message));
      if (read !== undefined) fields.set(name, read);
      for (const other of Object.keys(read?.requiredWhen ?? {})) {
        if (!Object.hasOwn(written?.data ?? {}, other)) {
          report([...at, 'requiredWhen', other], `${type} does not declare the field ${other}`, 'key');
        }
      }
    }
    if (type === correction && written?.data !== undefined) {
      report(
        ['events', type, 'data'],
        `the data of a correction are fixed: ${[...CORRECTION.keys()].join(', ')} (allowed: no data here)`,
        'key',
      );
    }
    if (FEED_TYPE_FIELDS.has(type)) {
      report(
        ['events', type],
        `${type} is what the product itself records of a silent feed (allowed: another name)`,
        'key',
      );
    }
    if (type === heartbeat)
      for (const [name, field] of HEARTBEAT_FIELDS) if (!fields.has(name)) fields.set(name, field);
    types.set(type, { fields, needsSubject: type !== correction && type !== heartbeat });
  }
  if (correction !== undefined) types.set(correction, { fields: CORRECTION, needsSubject: false });
  if (heartbeat !== undefined && !types.has(heartbeat))
    types.set(heartbeat, { fields: HEARTBEAT_FIELDS, needsSubject: false });
  return types;
}

/**
 * What sources say of their own feeds, and what the product records of their silence: also where this version lets no source
 * promise a heartbeat, for an earlier one may have.
 */
export function feedReads(file: LooseFile): RuleReads {
  const heartbeats = [file.vocabulary?.heartbeat ?? []].flat();
  return {
    feeds: [
      ...feedsOf('feed:', FEED_TYPE_FIELDS.keys(), 'subject'),
      ...feedsOf('feed:', heartbeats, { sourceWith: COMPLETE_SINCE }),
    ],
    fieldsRead: [
      ...heartbeats.map((type) => ({ type, field: COMPLETE_SINCE })),
      ...[...FEED_TYPE_FIELDS].flatMap(([type, fields]) => [...fields.keys()].map((field) => ({ type, field }))),
    ],
  };
}

/** Puts together what each type's data must hold, whose state its facts feed and which of its fields a rule reads. */
export function compileEventTypes(
  file: LooseFile,
  types: ReadonlyMap<string, DeclaredType>,
  kinds: readonly CompiledKind[],
  obligations: readonly CompiledObligation[],
  rules: readonly RuleReads[],
): ReadonlyMap<string, EventType> {
  const own = [...FEED_TYPE_FIELDS].map(([type, fields]) => [type, { fields, needsSubject: true }] as const);
  return new Map(
    [...types, ...own].map(([type, { fields, needsSubject }]) => {
      const title = FEED_TITLES[type] ?? bothLanguages(file.events?.[type]?.title, type);
      const checked = dataSchema(fields);
      const schema = {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        title: type,
        description: `Data of ${type} (${title.en}).`,
        ...checked,
      };
      const feeding = kinds.filter(
        ({ kind, types: own }) =>
          own.has(type) || obligations.some((one) => one.kind === kind.id && one.types.has(type)),
      );
      const read = new Set([
        ...(type === file.vocabulary?.correction ? CORRECTION.keys() : []),
        ...[...kinds, ...obligations, ...rules].flatMap((part) =>
          part.fieldsRead.filter((one) => one.type === type).map(({ field }) => field),
        ),
        ...feeding.flatMap(({ key, dimensionFields }) => [
          key.get(type),
          ...dimensionFields.filter((field) => fields.has(field)),
        ]),
      ]);
      read.delete(undefined);
      const refused = dataCheck(checked, fields);
      const ownKeys = feeding.map(({ kind, key }): { kind: string; key: FeedKey } => {
        const field = key.get(type);
        return { kind: kind.id, key: field === undefined ? 'subject' : { field } };
      });
      const feeds = [...ownKeys, ...feedsOfRules(rules, type)];
      const refusedNames = refuseLongNames(
        feeds.map(({ key }) => key),
        feeding.flatMap(({ dimensionFields }) => dimensionFields.filter((field) => fields.has(field))),
      );
      return [
        type,
        {
          type,
          title,
          needsSubject,
          schema,
          refuse: (data) => refused(data) ?? refusedNames(data),
          feeds: feeds.map(({ kind, key }) => compileFeed(kind, key)),
          fieldsRead: [...read].filter((field) => field !== undefined),
        },
      ];
    }),
  );
}

/** One feed per kind and key: two rules that read notices by the same field share it. */
function feedsOfRules(rules: readonly RuleReads[], type: string): RuleReads['feeds'] {
  const feeds = rules.flatMap((rule) => rule.feeds.filter((one) => one.type === type));
  return [...new Map(feeds.map((one) => [JSON.stringify([one.kind, one.key]), one])).values()];
}
