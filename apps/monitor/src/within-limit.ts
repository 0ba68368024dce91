/** The log takes records of 16 MiB; headers and key have the rest. */
const MOST_BYTES = 15 * 1024 * 1024;
/** Lists and texts beyond it are left out of a message that is too large. */
const MOST_CHARACTERS = 1024 * 1024;

/**
 * A message's JSON as the log takes it. One that is too large, as of a statement with very many lines, goes without its longest
 * lists and texts: these are empty then, and `omitted` names them (`lines`, `statement/lines`). All of it stays in the database.
 */
export function withinLimit(json: string): { readonly value: string; readonly omitted: readonly string[] } {
  if (json.length * 3 <= MOST_BYTES || Buffer.byteLength(json) <= MOST_BYTES) return { value: json, omitted: [] };
  const data = JSON.parse(json) as Record<string, unknown>;
  const omitted = omitLong(data, '');
  return { value: JSON.stringify({ ...data, omitted }), omitted };
}

function omitLong(within: Record<string, unknown>, path: string): string[] {
  return Object.entries(within).flatMap(([name, member]) => {
    if (typeof member !== 'string' && (typeof member !== 'object' || member === null)) return [];
    if (JSON.stringify(member).length <= MOST_CHARACTERS) return [];
    if (typeof member === 'object' && !Array.isArray(member)) {
      return omitLong(member as Record<string, unknown>, `${path}${name}/`);
    }
    within[name] = typeof member === 'string' ? '' : [];
    return [`${path}${name}`];
  });
}
