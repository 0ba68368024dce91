import { parseJsonEvent } from '#libs/events';
import { ScatteredAnswers } from './scattered-answers.js';

it.each([1, 7, 100, 1_024])('answers each of %d cases once before it comes to one again', (cases) => {
  const answers = new ScatteredAnswers('run', 'A', 'C-', 5, cases);
  const subjects = Array.from({ length: cases }, () => {
    const parsed = parseJsonEvent(answers.next(0).text);
    return parsed.ok ? parsed.event.subject : parsed.refusal.detail;
  });
  expect(new Set(subjects)).toEqual(new Set(Array.from({ length: cases }, (_, index) => `C-${index + 5}`)));
});
