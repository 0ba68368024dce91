// What the parts of the compose file have to agree on and nobody may guess: made at the first start, left alone from then on.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

/** Where the volumes are; another root for a trial without containers. */
const root = process.env.PREPARE_ROOT ?? '/run';
const alertmanager = process.env.PREPARE_ALERTMANAGER ?? '/prepare/alertmanager/alertmanager.yml';
const pactwatch = process.env.PREPARE_PACTWATCH ?? '/pactwatch/dist/apps/cli/src/main.js';

const secret = () => randomBytes(32).toString('hex');

/** The volume is seen only by those who need it; they run as users of their own, so the file itself is readable. */
function write(file, content) {
  writeFileSync(`${file}.new`, content, { mode: 0o444 });
  renameSync(`${file}.new`, file);
}

function keep(folder, name, make) {
  const file = join(root, folder, name);
  mkdirSync(join(root, folder), { recursive: true });
  if (!existsSync(file)) write(file, make());
  return readFileSync(file, 'utf8').trim();
}

const password = keep('postgres', 'password', secret);
keep('pactwatch', 'database-url', () => `postgres://pactwatch:${password}@postgres:5432/pactwatch\n`);
keep('pactwatch', 'stamp-key', secret);
keep('pactwatch', 'webhook-secret', () => `whsec_${randomBytes(32).toString('base64')}`);
keep('grafana', 'reader-password', secret);
const admin = keep('grafana', 'admin-password', secret);

/** Callers of the API. The key is in the log of this service only, once; what is kept is its hash. */
const CALLERS = [
  ['platform', ['--source', '/platform/crm', '--source', '/platform/chat']],
  ['client-account-manager', ['--party', 'client', '--duty', 'account-manager']],
  ['provider-account-manager', ['--party', 'provider', '--duty', 'account-manager']],
  ['operator', ['--duty', 'operator', '--duty', 'auditor']],
];
for (const [name, flags] of CALLERS) {
  keep('access', `${name}.yaml`, () => {
    const made = execFileSync(process.execPath, [pactwatch, 'access', 'new', '--name', name, ...flags], {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    });
    console.error(`(the key above is that of ${name})`);
    return made;
  });
}

/** The shipped routes, with every receiver's messages sent to the catcher of mails. */
function forTheMailCatcher(text) {
  const config = parse(text);
  const { smtp_auth_username: _user, smtp_auth_password_file: _file, ...global } = config.global;
  return stringify({
    ...config,
    global: { ...global, smtp_smarthost: 'mail:1025', smtp_require_tls: false },
    receivers: config.receivers.map(({ name, email_configs }) => ({
      name,
      email_configs: email_configs ?? [{ to: `${name}@example.com`, send_resolved: true }],
    })),
  });
}
mkdirSync(join(root, 'alertmanager'), { recursive: true });
write(join(root, 'alertmanager', 'alertmanager.yml'), forTheMailCatcher(readFileSync(alertmanager, 'utf8')));

console.error(`Grafana: user admin, password ${admin}`);
