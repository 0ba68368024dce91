import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readRoutes, type Route } from './routes.js';

/** All routes of a folder, and the secrets that they name. */
export interface RouteBook {
  readonly routes: readonly Route[];
  /** Secret by name of the route, where it has one of its own. */
  readonly secrets: ReadonlyMap<string, string>;
}

export type ReadRouteBook =
  { readonly ok: true; readonly book: RouteBook } | { readonly ok: false; readonly problems: readonly string[] };

/**
 * All `*.yaml` of a folder, in order of their names. No file is a problem: nobody would hear of anything. So is a name
 * that two routes have, and a secret that cannot be read.
 *
 * @param robots names of the robots that routes may name.
 */
export function readRouteBook(folder: string, robots: ReadonlySet<string>): ReadRouteBook {
  const files = yamlFiles(folder);
  if (files.length === 0) {
    return { ok: false, problems: [`${folder}: no routes (at least one *.yaml file says who hears of what)`] };
  }
  const problems: string[] = [];
  const routes = new Map<string, Route>();
  const secrets = new Map<string, string>();
  for (const file of files) {
    const read = readRoutes(file, readFileSync(file, 'utf8'), robots);
    if (!read.ok) {
      problems.push(...read.problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}`));
      continue;
    }
    for (const route of read.value) {
      if (routes.has(route.name)) problems.push(`${file}: there is a route '${route.name}' in another file already`);
      routes.set(route.name, route);
      const secret = readSecret(folder, route, problems);
      if (secret !== null) secrets.set(route.name, secret);
    }
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, book: { routes: [...routes.values()], secrets } };
}

function yamlFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readSecret(folder: string, route: Route, problems: string[]): string | null {
  if (route.webhook.secretFile === null) return null;
  const file = resolve(folder, route.webhook.secretFile);
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(secret)) return secret;
    problems.push(`${file}: the secret of route '${route.name}' is not allowed: whsec_ followed by base64 is`);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    problems.push(`${file}: the secret of route '${route.name}' cannot be read (${code})`);
  }
  return null;
}
