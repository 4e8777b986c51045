// Runs a program in several processes that share its ports. Arguments: the program and the number of processes. Prints `ready` when
// all of them are.
import cluster from 'node:cluster';
import { once } from 'node:events';

const [, , program = '', count = '1'] = process.argv;
cluster.setupPrimary({ exec: program, args: [], silent: true });
await Promise.all(
  Array.from({ length: Number(count) }, async () => {
    const { process: child } = cluster.fork();
    child.stderr?.pipe(process.stderr);
    child.once('exit', () => process.exit(1));
    for (let said = ''; !said.includes('ready');) said += String(await once(child.stdout as never, 'data'));
  }),
);
process.stdout.write('ready\n');
