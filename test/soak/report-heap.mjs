// Loaded into a process before its own program: on SIGUSR2 it collects garbage and writes what is left, as a line of its log.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

process.on('SIGUSR2', () => {
  collect();
  const { rss, heapUsed } = process.memoryUsage();
  process.stderr.write(`${JSON.stringify({ level: 'info', msg: 'memory', rss, heapUsed })}\n`);
});
