import '../../services/local/src/offline-env.ts';
import { prepare } from '../../services/local/src/prepare.ts';
import { flags, numberOf } from '../support/flags.ts';
import { startSuite } from '../../services/local/src/suite.ts';
import { measureLeaks } from './measure.ts';
import { measureStreams, PIECES } from './streams.ts';
import { vocabulary } from './vocabulary.ts';

const USAGE = `Usage: npm run leaks -- [--json] [--most N]

Measures the bits that lengths, statuses, headers and counts tell of a search, over the whole vocabulary and all
errors, or over N queries of it; then what those of a service that streams tell of sixteen texts. --json prints one
object a line. Exit status 1 when a channel leaks that should not: of a stream the relay sees the pieces, so
stream.pieces and stream.times tell something by design, of 4.1 bits at most.`;

const values = flags(USAGE, { json: { type: 'boolean' }, most: { type: 'string' } });
const most = values.most === undefined ? undefined : numberOf('most', values.most);
const progress = (line: string): void => void process.stderr.write(`${line}\n`);

await prepare(progress);
const suite = await startSuite();
const queries = vocabulary('en').slice(0, most);
const channels = await measureLeaks(suite, { queries, progress });
await suite.dispose();
progress('a service that streams');
const streams = await measureStreams();

if (!values.json) console.log(`${'channel'.padEnd(26)}    bits  distinct  samples`);
for (const channel of [...channels, ...streams]) {
  const { bits, distinct, samples } = channel;
  const cells = [bits.toFixed(4).padStart(8), `${distinct}`.padStart(10), `${samples}`.padStart(9)];
  console.log(values.json ? JSON.stringify(channel) : channel.channel.padEnd(26) + cells.join(''));
}
if ([...channels, ...streams].some(({ channel, bits }) => bits > 0 && !PIECES.has(channel)))
  process.exitCode = 1;
