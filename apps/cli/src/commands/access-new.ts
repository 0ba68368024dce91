import { DUTIES, newAccessKey, type Caller } from '#libs/settings';
import { Failure } from '../failure.js';
import type { ExitCode, Terminal } from '../terminal.js';

export interface AccessOptions {
  readonly name: string;
  readonly party?: Caller['party'];
  readonly duty: readonly string[];
  readonly source: readonly string[];
}

/** `pactwatch access new`: the file for `config/access/` on standard output, the key itself, once, on standard error. */
export async function run(terminal: Terminal, options: AccessOptions): Promise<ExitCode> {
  const unknown = options.duty.filter((duty) => !(DUTIES as readonly string[]).includes(duty));
  if (unknown.length > 0) throw new Failure(2, `--duty ${unknown.join(' ')}: allowed are ${DUTIES.join(', ')}`);
  const made = newAccessKey({
    name: options.name,
    party: options.party ?? null,
    duties: options.duty as Caller['duties'],
    sources: options.source,
  });
  terminal.err(`The key, shown only now: ${made.key}\nKeep what follows as a file in config/access/.\n`);
  terminal.out(made.yaml);
  return 0;
}
