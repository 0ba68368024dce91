import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readYaml, type Problem } from '#libs/document';
import { ACCESS_PARTIES, DUTIES, type Access, type Caller } from './access.js';
import { systemCode } from './system-code.js';

export type ReadAccess =
  { readonly ok: true; readonly access: Access } | { readonly ok: false; readonly problems: readonly Problem[] };

const source = z
  .string()
  .min(1)
  .max(1024)
  .refine((uri) => uri !== '/pactwatch' && !uri.startsWith('/pactwatch/'), {
    message: "sources below /pactwatch/ are the product's own; people send for their party without listing any",
  });

const accessFile = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dots, dashes, at most 64 are allowed'),
        hash: z.string().regex(/^sha256:[0-9a-f]{64}$/, "'sha256:' and 64 lower-case hexadecimal digits are allowed"),
        party: z.enum(ACCESS_PARTIES).nullable().default(null),
        duties: z.array(z.enum(DUTIES)).default([]),
        sources: z.array(source).default([]),
      }),
    )
    .min(1, 'at least one key is needed; take the file away to have none'),
});

/**
 * Reads all key lists `*.yaml` of a folder (`config/access`). No folder or no file: open access. All problems of all files
 * are reported with their place, also names and keys listed twice.
 */
export function readAccess(folder: string): ReadAccess {
  const problems: Problem[] = [];
  const keys: { hash: Buffer; caller: Caller }[] = [];
  const seen = new Map<string, string>();
  for (const name of namesIn(folder, problems)) {
    const file = join(folder, name);
    const place = { file, line: 1, column: 1, path: '' };
    if (!name.endsWith('.yaml')) {
      // Silently passing over a list of keys would open the product.
      if (/\.(yml|json)$/.test(name))
        problems.push({ ...place, message: `'${name}' is not read: names must end in .yaml` });
      continue;
    }
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      problems.push({ ...place, message: `cannot be read (${systemCode(error)})` });
      continue;
    }
    const checked = readYaml(file, text, accessFile);
    if (!checked.ok) {
      problems.push(...checked.problems);
      continue;
    }
    checked.value.keys.forEach((entry, index) => {
      for (const field of ['name', 'hash'] as const) {
        const at = checked.problem(['keys', index, field], `keys.${index}.${field}: '${entry[field]}' is listed twice`);
        const before = seen.get(`${field} ${entry[field]}`);
        if (before !== undefined) problems.push({ ...at, message: `${at.message}, first at ${before}` });
        else seen.set(`${field} ${entry[field]}`, `${at.file}:${at.line}:${at.column}`);
      }
      keys.push({
        hash: Buffer.from(entry.hash.slice('sha256:'.length), 'hex'),
        caller: Object.freeze({ name: entry.name, party: entry.party, duties: entry.duties, sources: entry.sources }),
      });
    });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, access: { open: keys.length === 0, keys } };
}

function namesIn(folder: string, problems: Problem[]): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    const message = `the folder cannot be read (${systemCode(error)})`;
    problems.push({ file: folder, line: 1, column: 1, path: '', message });
    return [];
  }
}
