import type { Pool } from 'pg';

/** Monthly partitions come and go, the migrations' own book-keeping is TypeORM's: neither belongs to the schema. */
const TABLES = `
SELECT c.oid, c.relname AS name, c.reloptions AS options, pg_get_partkeydef(c.oid) AS partitioned
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND c.relname <> 'migration'
ORDER BY c.relname COLLATE "C"`;

const COLUMNS = `
SELECT a.attrelid AS oid, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required,
  CASE WHEN a.attcollation <> t.typcollation THEN l.collname END AS collation, a.attidentity <> '' AS identity,
  pg_get_expr(d.adbin, d.adrelid) AS preset
FROM pg_attribute a
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_collation l ON l.oid = a.attcollation
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum`;

const CONSTRAINTS = `
SELECT conrelid AS oid, conname AS name, pg_get_constraintdef(oid) AS definition
FROM pg_constraint WHERE conrelid = ANY($1::oid[]) AND contype <> 'n'
ORDER BY conrelid, contype DESC, conname COLLATE "C"`;

const INDEXES = `
SELECT i.indrelid AS oid, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = ANY($1::oid[]) AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = i.indexrelid)
ORDER BY i.indrelid, c.relname COLLATE "C"`;

const TRIGGERS = `
SELECT tgrelid AS oid, pg_get_triggerdef(oid) AS definition
FROM pg_trigger WHERE tgrelid = ANY($1::oid[]) AND NOT tgisinternal
ORDER BY tgrelid, tgname COLLATE "C"`;

const TYPES = `
SELECT t.typname AS name, array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)::text[] AS fields
FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c' JOIN pg_attribute a ON a.attrelid = c.oid
WHERE t.typnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
GROUP BY t.typname ORDER BY t.typname COLLATE "C"`;

const FUNCTIONS = `
SELECT pg_get_functiondef(oid) AS definition FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
ORDER BY proname COLLATE "C", oid`;

/** Of a view its columns are promised; how it gets them is in its migration, and each server version prints that otherwise. */
const VIEWS = `
SELECT CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END AS name,
  array_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)::text[] AS fields
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
WHERE n.nspname IN ('public', 'reporting') AND c.relkind = 'v' AND a.attnum > 0 AND NOT a.attisdropped
GROUP BY n.nspname, c.relname ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

interface Table {
  readonly oid: number;
  readonly name: string;
  readonly options: string[] | null;
  readonly partitioned: string | null;
}

interface Column {
  readonly oid: number;
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly collation: string | null;
  readonly identity: boolean;
  readonly preset: string | null;
}

/** The schema as it stands, as text that is the same on every server version: what people read and what drift is told by. */
export async function dumpSchema(pool: Pool): Promise<string> {
  const { rows: tables } = await pool.query<Table>(TABLES);
  const oids = tables.map((table) => table.oid);
  const of = async <Row extends { oid: number }>(text: string): Promise<Row[]> =>
    (await pool.query<Row>(text, [oids])).rows;
  const columns = await of<Column>(COLUMNS);
  const constraints = await of<{ oid: number; name: string; definition: string }>(CONSTRAINTS);
  const indexes = await of<{ oid: number; definition: string }>(INDEXES);
  const triggers = await of<{ oid: number; definition: string }>(TRIGGERS);
  const { rows: types } = await pool.query<{ name: string; fields: string[] }>(TYPES);
  const { rows: functions } = await pool.query<{ definition: string }>(FUNCTIONS);
  const { rows: views } = await pool.query<{ name: string; fields: string[] }>(VIEWS);

  const blocks = types.map((type) => `CREATE TYPE ${type.name} AS (\n${indented(type.fields)}\n);`);
  for (const table of tables) {
    const mine = <Row extends { oid: number }>(rows: Row[]): Row[] => rows.filter((row) => row.oid === table.oid);
    const lines = [
      ...mine(columns).map(columnLine),
      ...mine(constraints).map((constraint) => `CONSTRAINT ${constraint.name} ${constraint.definition}`),
    ];
    const partitioned = table.partitioned === null ? '' : ` PARTITION BY ${table.partitioned}`;
    const options = table.options === null ? '' : ` WITH (${table.options.join(', ')})`;
    blocks.push(`CREATE TABLE ${table.name} (\n${indented(lines)}\n)${partitioned}${options};`);
    for (const { definition } of [...mine(indexes), ...mine(triggers)]) blocks.push(`${definition};`);
  }
  blocks.push(...views.map((view) => `VIEW ${view.name} (\n${indented(view.fields)}\n);`));
  blocks.push(...functions.map((row) => `${row.definition.trimEnd()};`));
  return `${blocks.join('\n\n')}\n`;
}

function columnLine(column: Column): string {
  const parts = [column.name, column.type];
  if (column.collation !== null) parts.push(`COLLATE "${column.collation}"`);
  if (column.identity) parts.push('GENERATED ALWAYS AS IDENTITY');
  if (column.preset !== null) parts.push(`DEFAULT ${column.preset}`);
  if (column.required) parts.push('NOT NULL');
  return parts.join(' ');
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join(',\n');
}
