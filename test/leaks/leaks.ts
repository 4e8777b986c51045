import '../../services/local/src/offline-env.ts';
import { writeFileSync } from 'node:fs';
import { prepare } from '../../services/local/src/prepare.ts';
import { flags, numberOf } from '../support/flags.ts';
import { barChart, htmlReport } from '../support/report.ts';
import { startSuite } from '../../services/local/src/suite.ts';
import { PIECES } from './bits.ts';
import { measureLeaks } from './measure.ts';
import { measureStreams } from './streams.ts';
import { vocabulary } from './vocabulary.ts';

const USAGE = `Usage: npm run leaks -- [--json] [--html FILE] [--most N]

Measures the bits that lengths, statuses, headers and counts tell of a search, over the whole vocabulary and all
errors, or over N queries of it, and of the voucher requests and refills that pay for them, refused ones included; then what those of a service that streams tell of sixteen texts, sent and received. --json prints one
object a line; --html writes a report with a plot. Exit status 1 when a channel leaks that should not: of a stream the relay sees the pieces, so
the pieces and times of stream.request and stream.response tell something by design, of 4.1 bits at most.`;

const values = flags(USAGE, {
  json: { type: 'boolean' },
  html: { type: 'string' },
  most: { type: 'string' },
});
const most = values.most === undefined ? undefined : numberOf('most', values.most);
const progress = (line: string): void => void process.stderr.write(`${line}\n`);

await prepare(progress);
const suite = await startSuite({ log: true });
const queries = vocabulary('en').slice(0, most);
const channels = await measureLeaks(suite, { queries, progress });
await suite.dispose();
progress('a service that streams');
const streams = await measureStreams();

const all = [...channels, ...streams];
const leaking = all.filter(({ channel, bits }) => bits > 0 && !PIECES.has(channel));
const padded = all.filter(({ channel }) => !PIECES.has(channel));
const worst = Math.max(...padded.map(({ bits }) => bits));
const summary =
  leaking.length === 0
    ? `leaks: 0 bits in ${padded.length} channels over ${queries.length} searches; only the pieces of a stream tell something, as documented.`
    : `leaks: up to ${worst.toFixed(4)} bits in ${leaking.map(({ channel }) => channel).join(', ')}, over ${queries.length} searches.`;
const COLUMNS =
  'bits: the entropy of what an observer sees on the channel, 0 if it is always the same. distinct: how many different values were seen. samples: how often.';

const rows = all.map(({ channel, bits, distinct, samples }) => [
  channel,
  bits.toFixed(4),
  `${distinct}`,
  `${samples}`,
]);
if (values.json) for (const channel of all) console.log(JSON.stringify(channel));
else {
  const WIDTHS = [8, 10, 9];
  for (const [channel = '', ...cells] of [['channel', 'bits', 'distinct', 'samples'], ...rows]) {
    console.log(channel.padEnd(26) + cells.map((cell, i) => cell.padStart(WIDTHS[i] ?? 0)).join(''));
  }
  console.log(`\n${COLUMNS}\n${summary}`);
}
if (values.html !== undefined) {
  const bars = all.map(({ channel, bits }) => ({ name: channel, value: bits }));
  writeFileSync(
    values.html,
    htmlReport('Sotto: npm run leaks', [
      { text: summary },
      { chart: barChart({ title: 'What each channel tells', unit: 'bits', bars }) },
      { text: COLUMNS },
      { table: [['channel', 'bits', 'distinct', 'samples'], ...rows] },
    ]),
  );
}
if (leaking.length > 0) process.exitCode = 1;
