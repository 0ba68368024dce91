import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogRecord } from '#libs/bus';
import { toJsonEvent } from '#libs/events';
import { mapRecord } from './map-record.js';
import { readDoors } from './read-doors.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pactwatch-doors-'));
  mkdirSync(join(folder, 'doors'));
  mkdirSync(join(folder, 'mappings'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);

/** Problems with their places below the folder. */
function problems(): string[] {
  const read = readDoors(folder);
  return read.ok ? [] : read.problems.map((one) => one.replaceAll(`${folder}/`, ''));
}

const MAPPING = `mapping: m
input: ndjson
events:
  - { type: t, id: '{id}', source: /s, subject: '{id}', time: { field: at, format: rfc3339 } }
`;

describe('the doors of a folder', () => {
  it('are none where there is no folder, or nothing but a README in it', () => {
    put('doors/README.md', '# doors');
    expect(readDoors(folder)).toEqual({ ok: true, doors: [] });
    rmSync(join(folder, 'doors'), { recursive: true });
    expect(readDoors(folder)).toEqual({ ok: true, doors: [] });
  });

  it('that ships with the product are none, and its example makes what it says', () => {
    expect(readDoors('config')).toEqual({ ok: true, doors: [] });
    const text = readFileSync('config/doors/README.md', 'utf8');
    const [door, mapping] = [...text.matchAll(/```yaml\n(.*?)```/gs)].map((match) => match[1]!);
    const [record, event] = [...text.matchAll(/```json\n(.*?)```/gs)].map((match) => match[1]!);
    put('doors/shop.yaml', door!);
    put('mappings/shop-tickets.yaml', mapping!);
    const read = readDoors(folder);
    if (!read.ok) throw new Error(read.problems.join('\n'));
    const [shop] = read.doors;
    expect(shop).toMatchObject({ name: 'shop', topics: [{ topic: 'shop.tickets', logAppendTime: true }] });
    const place = { topic: 'shop.tickets', partition: 2, offset: 16 };
    const read1: LogRecord = { ...place, key: null, value: Buffer.from(record!), headers: {}, appendedAt: 0 };
    const mapped = mapRecord(read1, shop!.topics[0]);
    if (!mapped.ok) throw new Error(mapped.unmapped.detail);
    const made = mapped.events.map((one) => JSON.parse(toJsonEvent(one)) as object);
    expect(made).toEqual([{ ...(JSON.parse(event!) as object), datacontenttype: 'application/json' }]);
  });

  it('have each of their problems told, with its place', () => {
    put('mappings/good.yaml', MAPPING);
    put('mappings/csv.yaml', MAPPING.replace('ndjson', 'csv'));
    put('mappings/ours.yaml', MAPPING.replace('/s,', '/pactwatch/provider,'));
    put('mappings/broken.yaml', MAPPING.replace("'{id}', source", "'{id', source"));
    put(
      'doors/a.yaml',
      'door: shop\ntopics: [{ topic: one, mapping: good.yaml }, { topic: one, mapping: good.yaml }]\n',
    );
    put('doors/b.yaml', 'door: shop\ntopics: [{ topic: platform.events, mapping: good.yaml }]\n');
    put(
      'doors/c.yaml',
      'door: shop\ntopics: [{ topic: two, mapping: csv.yaml }, { topic: three, mapping: ours.yaml }]\n',
    );
    put('doors/d.yaml', 'door: d\ntopics: [{ topic: t, mapping: broken.yaml }, { topic: u, mapping: none.yaml }]\n');
    put('doors/e.yaml', 'door: e\ntopics: [{ topic: t, mapping: ../doors/a.yaml, codec: avro }]\n');
    put('doors/f.yaml', 'door: f f\ntopics: []\n');
    put('doors/g.yaml', 'door: g\ntopics: [{ topic: t, mapping: ../doors/a.yaml }]\n');
    put('doors/h.yml', '');
    put('doors/i.yaml', 'door: i\ntopics: [{ topic: t, mapping: good.yaml, logAppendTime: yes, format: avro }]\n');
    expect(problems()).toEqual([
      "doors/h.yml:1:1: 'h.yml' is not read: names must end in .yaml",
      "doors/a.yaml:2:55: topic: 'one' is listed twice",
      expect.stringContaining("doors/b.yaml:2:19: topics.0.topic: the product's own topics are no door's"),
      "doors/c.yaml:1:7: door: 'shop' is there already, in doors/a.yaml",
      "mappings/csv.yaml:2:8: input: 'csv' cannot come through a door (allowed: ndjson)",
      "mappings/ours.yaml:4:36: source: '/pactwatch/provider' is the product's own",
      "mappings/broken.yaml:4:20: id: '{id' opens a brace that it does not close",
      'mappings/none.yaml:1:1: cannot be read (ENOENT)',
      "doors/e.yaml:2:48: 'codec' is not a field here (allowed: topic, mapping, format, logAppendTime)",
      expect.stringContaining('doors/f.yaml:1:7: door: letters, digits'),
      expect.stringContaining('doors/f.yaml:2:9: topics: at least one topic is needed'),
      "doors/g.yaml:2:31: mapping: '../doors/a.yaml' is not below config/mappings",
      'doors/i.yaml:2:57: topics.0.logAppendTime: true and false are allowed (here: "yes")',
      'doors/i.yaml:2:70: topics.0.format: json is allowed (here: "avro")',
    ]);
  });
});
