import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { SETTINGS_TABLE } from '#libs/settings';

const ROOT = resolve(__dirname, '..', '..');
const FOLDER = join(ROOT, 'deploy', 'compose');

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly restart?: string;
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

const compose = parse(readFileSync(join(FOLDER, 'compose.yaml'), 'utf8'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, null>>;
};
const services = Object.entries(compose.services);
const OF_THE_PRODUCT = ['audit', 'intake', 'monitor', 'notifier'];

describe('the compose file', () => {
  it.each(services)('gives %s an image of an exact version, and open ports on this machine only', (_name, service) => {
    expect(service.image).toMatch(/^(pactwatch|docker\.io\/[a-z/]+:v?\d+\.\d+(\.\d+)?)$/);
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it.each(services)('mounts into %s what there is, and nothing of this repository for writing', (_name, service) => {
    for (const mount of service.volumes ?? []) {
      const [from, , mode] = mount.split(':');
      if (from!.startsWith('.')) {
        expect([mount, existsSync(resolve(FOLDER, from!)), mode]).toEqual([mount, true, 'ro']);
      } else {
        expect(Object.keys(compose.volumes)).toContain(from);
      }
    }
  });

  it.each(services)('knows whether %s is well, or waits for its end', (name, service) => {
    const awaited = services.some(
      ([, other]) => other.depends_on?.[name]?.condition === 'service_completed_successfully',
    );
    const endsByItself = awaited || service.restart === 'on-failure';
    expect(endsByItself || (service.healthcheck?.test?.length ?? 0) > 0).toBe(true);
    for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
      const { healthcheck } = compose.services[needed]!;
      if (condition === 'service_healthy') expect([needed, healthcheck?.test]).toEqual([needed, expect.any(Array)]);
    }
  });

  it('runs every process of the product, with settings that there are', () => {
    const known = SETTINGS_TABLE.flatMap(({ name }) => [name, `${name}_FILE`]);
    for (const name of OF_THE_PRODUCT) {
      const { command, environment } = compose.services[name]!;
      const options = name === 'monitor' ? ['--max-semi-space-size=64'] : [];
      expect(command).toEqual(['node', ...options, `dist/apps/${name}/src/main.js`]);
      expect(existsSync(join(ROOT, 'apps', name, 'src', 'main.ts'))).toBe(true);
      expect(Object.keys(environment!).filter((variable) => !known.includes(variable))).toEqual([]);
    }
  });

  it('sends every path that a controller outside audit answers to its process', () => {
    const routes = readFileSync(join(FOLDER, 'Caddyfile'), 'utf8');
    const open = (name: string) => routes.match(new RegExp(`@${name} path (.*)`))![1]!.split(' ');
    const answered = (app: string): string[] =>
      readdirSync(join(ROOT, 'apps', app, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.controller.ts'))
        .flatMap((file) => pathsOf(readFileSync(join(ROOT, 'apps', app, 'src', file), 'utf8')));
    for (const app of ['intake', 'notifier']) {
      const paths = answered(app);
      expect(paths.length).toBeGreaterThan(0);
      for (const path of paths) expect([path, open(app).some((one) => covers(one, path))]).toEqual([path, true]);
    }
  });

  it('has each of its targets of metrics', () => {
    const prometheus = parse(readFileSync(join(ROOT, 'deploy', 'prometheus', 'prometheus.yml'), 'utf8')) as {
      scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
    };
    const targets = prometheus.scrape_configs
      .filter(({ job_name }) => job_name === 'pactwatch')
      .flatMap(({ static_configs }) => static_configs.flatMap((one) => one.targets));
    expect([...targets].sort()).toEqual(
      OF_THE_PRODUCT.map((name) => `${name}:${compose.services[name]!.environment!['PORT']}`),
    );
  });
});

describe('what the compose file is prepared by', () => {
  let root: string;
  const prepare = (): void => {
    execFileSync(process.execPath, [join(FOLDER, 'prepare.mjs')], {
      env: {
        ...process.env,
        PREPARE_ROOT: root,
        PREPARE_ALERTMANAGER: join(ROOT, 'deploy', 'alertmanager', 'alertmanager.yml'),
        PREPARE_PACTWATCH: join(ROOT, 'dist', 'apps', 'cli', 'src', 'main.js'),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  };
  const contents = (): [string, string][] =>
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(root, name)).isFile())
      .sort()
      .map((name) => [name, readFileSync(join(root, name), 'utf8')]);

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'pactwatch-compose-'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('makes every secret that a service reads, once', () => {
    prepare();
    const made = contents();
    const names = made.map(([name]) => name);
    const read = services.flatMap(([, { environment }]) =>
      Object.entries(environment ?? {})
        .filter(([variable]) => variable.endsWith('_FILE'))
        .map(([, file]) => file.replace('/run/', '')),
    );
    expect(read.filter((file) => !names.includes(file))).toEqual([]);
    expect(names.filter((name) => name.startsWith('access/'))).toHaveLength(4);
    prepare();
    expect(contents()).toEqual(made);
  }, 120_000);

  it('sends what Alertmanager says to the catcher of mails, and asks for no password', () => {
    const config = readFileSync(join(root, 'alertmanager', 'alertmanager.yml'), 'utf8');
    expect(config).toContain('mail:1025');
    expect(config).not.toMatch(/password|pagerduty/);
  });
});

describe('the image', () => {
  it('is made of what there is', () => {
    const copied = [
      ...readFileSync(join(ROOT, 'deploy', 'image', 'Dockerfile'), 'utf8').matchAll(/^COPY (?!--from)(.*)$/gm),
    ].flatMap(([, list]) => list!.split(' ').slice(0, -1));
    expect(copied.length).toBeGreaterThan(5);
    for (const one of copied) expect([one, existsSync(join(ROOT, one))]).toEqual([one, true]);
  });
});

/** Paths of a controller's file, with `x` where a parameter stands. */
function pathsOf(source: string): string[] {
  const base = source.match(/@Controller\('([^']+)'\)/)?.[1];
  if (base === undefined) return [];
  return [...source.matchAll(/@(?:Get|Post|Put|Delete)\((?:'([^']*)')?\)/g)].map(([, path]) =>
    `/${base}${path === undefined ? '' : `/${path}`}`.replace(/:[a-zA-Z]+/g, 'x'),
  );
}

function covers(route: string, path: string): boolean {
  return route.endsWith('/*') ? path.startsWith(route.slice(0, -1)) : path === route;
}
