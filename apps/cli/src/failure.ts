import type { Problem } from '#libs/document';
import type { ExitCode } from './terminal.js';

/** Ends the command with its exit code: 1 the input is at fault, 2 wrong usage, 3 something needed is missing or down. */
export class Failure extends Error {
  constructor(
    readonly exitCode: Exclude<ExitCode, 0>,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'Failure';
  }
}

/** One line for each problem: `file:line:column: message`. */
export function problemLines(problems: readonly Problem[]): string {
  return problems.map((one) => `${one.file}:${one.line}:${one.column}: ${one.message}\n`).join('');
}

export function problemsFailure(problems: readonly Problem[]): Failure {
  return new Failure(1, problemLines(problems).trimEnd());
}
