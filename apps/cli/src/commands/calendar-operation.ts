import { calendarOperation } from '#libs/calendar';
import { Failure } from '../failure.js';
import { loadCalendar } from '../load-calendar.js';
import type { ExitCode, Terminal } from '../terminal.js';

export type CalendarOptions = Readonly<Record<string, string>> & { readonly calendar: string };

/** `pactwatch calendar add|between|days|is-open`: one line `{"result": …}`. */
export async function run(terminal: Terminal, op: string, options: CalendarOptions): Promise<ExitCode> {
  const { calendar: file, endsAt, count, ...fields } = options;
  const answer = calendarOperation(loadCalendar(file), {
    op,
    ...fields,
    ...(count === undefined ? {} : { count: asNumber(count) }),
    ...(endsAt === undefined ? {} : { 'ends-at': endsAt }),
  });
  if ('error' in answer) throw new Failure(1, answer.error);
  terminal.out(`${JSON.stringify(answer)}\n`);
  return 0;
}

function asNumber(text: string): number | string {
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : text;
}
