import '../../services/local/src/offline-env.ts';
import { prepare } from '../../services/local/src/prepare.ts';
import { flags } from '../support/flags.ts';
import { faultSuite } from './run.ts';
import { EXPECTED, FAULTS, PAIRS_OF, type Fault, type Platform } from './table.ts';

const USAGE = `Usage: npm run faults -- [--json]

Puts every fault between every two parts of a suite on Node, then of one on Workers, one after another, and compares what a client sees with the
table in test/faults/table.ts. --json prints one object per cell. Exit status 1 when a cell differs.`;

const values = flags(USAGE, { json: { type: 'boolean' } });
await prepare();
let cells = 0;
let wrong = 0;
for (const platform of Object.keys(PAIRS_OF) as Platform[]) {
  const suite = await faultSuite(platform);
  for (const pair of PAIRS_OF[platform]) {
    for (const fault of Object.keys(FAULTS) as Fault[]) {
      const began = performance.now();
      const outcome = await suite.run(pair, fault).catch((error: Error) => `threw ${error.message}`);
      const milliseconds = Math.round(performance.now() - began);
      const expected = EXPECTED[pair][fault];
      cells++;
      if (outcome !== expected) wrong++;
      const verdict = outcome === expected ? 'as expected' : `EXPECTED ${expected}`;
      if (values.json) {
        console.log(JSON.stringify({ platform, pair, fault, outcome, expected, milliseconds }));
      } else {
        const columns = [platform.padEnd(8), pair.padEnd(20), fault.padEnd(22), outcome.padEnd(40)];
        console.log([...columns, `${milliseconds} ms`.padStart(8), ` ${verdict}`].join(' '));
      }
    }
  }
  await suite.close();
}
if (!values.json) console.log(`${cells} cells, ${wrong} not as expected`);
if (wrong > 0) process.exitCode = 1;
