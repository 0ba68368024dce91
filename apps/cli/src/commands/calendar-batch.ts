import { calendarOperation, type Calendar } from '#libs/calendar';
import { loadCalendar } from '../load-calendar.js';
import { readLineGroups } from '../read-input.js';
import type { ExitCode, Terminal } from '../terminal.js';

/** `pactwatch calendar batch`: a line of answer for each line of question, in order; an error is an answer too. */
export async function run(terminal: Terminal, options: { readonly calendar: string }): Promise<ExitCode> {
  const calendar = loadCalendar(options.calendar);
  for await (const lines of readLineGroups(terminal.stdin)) {
    const asked = lines.filter((line) => line.trim() !== '');
    if (asked.length > 0) terminal.out(asked.map((line) => `${JSON.stringify(answerLine(calendar, line))}\n`).join(''));
  }
  return 0;
}

function answerLine(calendar: Calendar, line: string): object {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch (error) {
    return { error: `not JSON: ${(error as Error).message}` };
  }
  if (request === null || typeof request !== 'object' || Array.isArray(request)) {
    return { error: 'a JSON object was expected, e.g. {"op":"add","from":"2026-03-02T01:00:00Z","duration":"PT8H"}' };
  }
  return calendarOperation(calendar, request as Parameters<typeof calendarOperation>[1]);
}
