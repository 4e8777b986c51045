import '../../services/local/src/offline-env.ts';
import { prepare } from '../../services/local/src/prepare.ts';
import { flags } from '../support/flags.ts';
import { faultSuite } from './run.ts';
import { EXPECTED, FAULTS, PAIRS, type Fault } from './table.ts';

const USAGE = `Usage: npm run faults -- [--json]

Puts every fault between every two parts of a suite on Node, one after another, and compares what a client sees with the
table in test/faults/table.ts. --json prints one object per cell. Exit status 1 when a cell differs.`;

const values = flags(USAGE, { json: { type: 'boolean' } });
await prepare();
const suite = await faultSuite();
let cells = 0;
let wrong = 0;
for (const pair of PAIRS) {
  for (const fault of Object.keys(FAULTS) as Fault[]) {
    const began = performance.now();
    const outcome = await suite.run(pair, fault);
    const milliseconds = Math.round(performance.now() - began);
    const expected = EXPECTED[pair]?.[fault];
    cells++;
    if (outcome !== expected) wrong++;
    const verdict = outcome === expected ? 'as expected' : `EXPECTED ${expected}`;
    if (values.json) console.log(JSON.stringify({ pair, fault, outcome, expected, milliseconds }));
    else
      console.log(
        `${pair.padEnd(16)} ${fault.padEnd(22)} ${outcome.padEnd(44)} ${`${milliseconds} ms`.padStart(8)}  ${verdict}`,
      );
  }
}
await suite.close();
if (!values.json) console.log(`${cells} cells, ${wrong} not as expected`);
if (wrong > 0) process.exitCode = 1;
