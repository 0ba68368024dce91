import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { readYaml } from '#libs/document';

/** A receiver that routes name: the robot of a group chat, a service of PagerDuty, an Alertmanager. */
export interface Robot {
  readonly name: string;
  readonly channel: RobotKind;
  /** Of chat robots it holds their key: it is shown nowhere. */
  readonly url: string;
  /** Signs (DingTalk, Feishu), is the integration key (PagerDuty) or the bearer token (Alertmanager). */
  readonly secret: string | null;
  /** Whether plain HTTP, and addresses of this machine or a private network, may be called. */
  readonly allowInternal: boolean;
}

type RobotKind = 'wecom' | 'dingtalk' | 'feishu' | 'pagerduty' | 'alertmanager';

/** Robots by name. */
export type RobotBook = ReadonlyMap<string, Robot>;

export type ReadRobotBook =
  { readonly ok: true; readonly robots: RobotBook } | { readonly ok: false; readonly problems: readonly string[] };

const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';
const MAX_SECRET_BYTES = 4_096;

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and - (at most 63)');
const file = z.string().min(1, 'the name of a file beside this one');
const url = z
  .string()
  .refine((text) => /^https?:/.test(text) && URL.canParse(text), 'is no URL (allowed: https://… or http://…)');
const common = { name, allowInternal: z.boolean().default(false) };

const robotSchema = z.discriminatedUnion('channel', [
  z.strictObject({ ...common, channel: z.literal('wecom'), urlFile: file }),
  z.strictObject({ ...common, channel: z.literal('dingtalk'), urlFile: file, secretFile: file }),
  z.strictObject({ ...common, channel: z.literal('feishu'), urlFile: file, secretFile: file }),
  z.strictObject({ ...common, channel: z.literal('pagerduty'), keyFile: file, url: url.default(PAGERDUTY_URL) }),
  z.strictObject({ ...common, channel: z.literal('alertmanager'), url, tokenFile: file.optional() }),
]);
const bookSchema = z.strictObject({ robots: z.array(robotSchema).max(1_000, 'at most 1000 robots') });
type Written = z.infer<typeof robotSchema>;

/**
 * All `*.yaml` of a folder, in order of their names, with the secrets they name. No folder: no robots. Problems, with file,
 * line and column: whatever is wrong in a file, a name used twice, a secret that cannot be read.
 */
export function readRobotBook(folder: string): ReadRobotBook {
  const problems: string[] = [];
  const robots = new Map<string, Robot>();
  const named = new Set<string>();
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  for (const path of files.filter((one) => one.endsWith('.yaml')).map((one) => join(folder, one))) {
    const read = readYaml(path, readFileSync(path, 'utf8'), bookSchema);
    if (!read.ok) {
      problems.push(...read.problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`));
      continue;
    }
    read.value.robots.forEach((written, index) => {
      const note = (field: string, message: string): void => {
        const { line, column } = read.problem(['robots', index, field], message);
        problems.push(`${path}:${line}:${column}: ${message}`);
      };
      if (named.has(written.name)) note('name', `there is a robot '${written.name}' already (allowed: each name once)`);
      named.add(written.name);
      const robot = complete(written, folder, note);
      if (robot !== undefined) robots.set(written.name, robot);
    });
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, robots };
}

function complete(written: Written, folder: string, note: (field: string, message: string) => void): Robot | undefined {
  const { name: called, channel, allowInternal } = written;
  const secret = (field: string, from: string | undefined): string | null | undefined =>
    from === undefined ? null : readSecret(resolve(folder, from), (message) => note(field, message));
  const as = (address: string | null | undefined, kept: string | null | undefined): Robot | undefined => {
    if (address === undefined || address === null || kept === undefined) return undefined;
    return { name: called, channel, url: address, secret: kept, allowInternal };
  };
  switch (written.channel) {
    case 'pagerduty':
      return as(written.url, secret('keyFile', written.keyFile));
    case 'alertmanager':
      return as(written.url, secret('tokenFile', written.tokenFile));
    default: {
      const address = secret('urlFile', written.urlFile);
      const key = written.channel === 'wecom' ? null : secret('secretFile', written.secretFile);
      if (typeof address === 'string' && !(/^https?:/.test(address) && URL.canParse(address))) {
        note('urlFile', `${written.urlFile} holds no URL (allowed: https://… or http://…, nothing else)`);
        return undefined;
      }
      return as(address, key);
    }
  }
}

function readSecret(path: string, note: (message: string) => void): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    if (text !== '' && Buffer.byteLength(text) <= MAX_SECRET_BYTES && !/\s/.test(text)) return text;
    note(`${path} is not allowed: one line without spaces, at most ${MAX_SECRET_BYTES} bytes, is`);
  } catch (error) {
    note(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  return undefined;
}
