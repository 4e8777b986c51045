import '../../services/local/src/offline-env.ts';
import { prepare } from '../../services/local/src/prepare.ts';
import { flags, numberOf } from '../support/flags.ts';
import { ATTACKS, siege } from './run.ts';

const USAGE = `Usage: npm run siege -- [--seconds N] [--share N] [--json]

Attacks a suite on Node on this machine, one attack after another, while honest clients search, and prints the share of
honest searches that succeeded. Linux only: memory is read from /proc.

  --seconds N   length of each attack; 8, at most 60
  --share N     size of each attack as a share of the size in specs/requirements.md; 1, at most 1
  --json        one object per attack

Exit status 1 when an honest search failed.`;

const values = flags(USAGE, {
  json: { type: 'boolean' },
  seconds: { type: 'string' },
  share: { type: 'string' },
});
const seconds = Math.min(60, numberOf('seconds', values.seconds ?? '8'));
const share = Math.min(1, numberOf('share', values.share ?? '1'));

await prepare();
const suite = await siege(true);
for (const attack of ATTACKS) {
  const result = await suite.run(attack, { ms: seconds * 1000, share, timeoutMs: 10_000 });
  const { sent, succeeded, slowestMs, recoveryMs, memory, failures } = result;
  if (succeeded < sent) process.exitCode = 1;
  if (values.json) {
    console.log(JSON.stringify({ attack, ...result }));
    continue;
  }
  const percent = ((100 * succeeded) / sent).toFixed(1).padStart(5);
  console.log(
    `${attack.padEnd(30)} ${percent} % of ${sent} honest searches, slowest ${slowestMs} ms, recovery ${recoveryMs} ms, relay ${memory.relay} MiB, gateway ${memory.gateway} MiB ${succeeded < sent ? JSON.stringify(failures) : ''}`,
  );
}
await suite.close();
