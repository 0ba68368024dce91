import { parseStat } from './processor-time.js';

it('reads a process whose name holds brackets and spaces', () => {
  const line = '4711 (post (x) gres: w) S 12 4711 4711 0 -1 4194560 1 0 0 0 250 50 7 9 20 0 1 0 5 6 7';
  expect(parseStat(line)).toEqual({ pid: 4711, parent: 12, ticks: 300 });
});
