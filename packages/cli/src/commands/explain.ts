import { counted, given, printable, queryOf } from '../arguments.ts';
import { command, Failure } from '../command.ts';
import { withProgress, type Io } from '../io.ts';
import { PARTIES, setUp } from '../setup.ts';
import { styled } from '../style.ts';
import { sideBySide, wrap } from '../table.ts';

const MAX_COLUMNS = 160;
const MIN_PARTY_COLUMNS = 34;

interface Party {
  readonly title: string;
  readonly sentence?: string;
  readonly saw: readonly { readonly label: string; readonly value: string }[];
  readonly never: readonly string[];
}

/** `sotto explain`. */
export const explain = command({
  name: 'explain',
  synopsis: 'QUERY…',
  summary: 'search through the local suite, and print what each party saw of it',
  options: {
    locale: { type: 'string', value: 'L', text: 'search one language; all of them without it' },
    wallet: PARTIES.wallet,
  },
  examples: [
    ['explain happy cat', 'prints the parties side by side'],
    ['explain --json happy cat', 'prints one JSON object'],
  ],
  run: async ({ values, words }, io) => {
    const query = queryOf(words);
    const { client, local, requestOptions } = await setUp(values, io);
    if (local === null) {
      throw new Failure('Only a local suite can be watched: run this without a profile, beside `npm start`.');
    }
    const options = { ...given({ locale: values.locale }), ...requestOptions };
    const { sequence } = await report(local.page, 0, io);
    const { results } = await withProgress(io, 'searching', client.search(query, options));
    const parties = Object.values(await report(local.page, Number(sequence), io)).filter(isParty);
    if (values.json === true) {
      io.out(JSON.stringify({ query, results: results.length, parties }));
      return results.length === 0 ? 4 : 0;
    }
    io.out(
      `You searched for ${printable(JSON.stringify(query))} and found ${counted(results.length, 'sticker')}.`,
    );
    io.out('');
    for (const line of render(parties, Math.min(io.columns ?? 100, MAX_COLUMNS), io)) io.out(line);
    return results.length === 0 ? 4 : 0;
  },
});

/**
 * The messages that the parties received after message `since`, so that no fact of an earlier search is
 * shown.
 */
async function report(page: string, since: number, io: Io): Promise<Record<string, unknown>> {
  const response = await io.fetch(`${page}/local/taps?since=${since}`, { redirect: 'error' });
  if (!response.ok) throw new Failure('The local suite does not show what its parties saw. Restart it.');
  return (await response.json()) as Record<string, unknown>;
}

const isParty = (value: unknown): value is Party => {
  const { title, saw, never } = (value ?? {}) as Record<string, unknown>;
  return typeof title === 'string' && Array.isArray(saw) && Array.isArray(never);
};

/** The parties next to each other, as many in a row as fit. */
function render(parties: readonly Party[], columns: number, io: Io): string[] {
  const inRow = Math.max(1, Math.min(parties.length, Math.floor((columns + 3) / (MIN_PARTY_COLUMNS + 3))));
  const each = Math.floor((columns - 3 * (inRow - 1)) / inRow);
  const lines: string[] = [];
  for (let i = 0; i < parties.length; i += inRow) {
    const blocks = parties.slice(i, i + inRow).map((party) => block(party, each));
    const [titles = '', ...rest] = sideBySide(blocks, each);
    lines.push(styled(io, 'bold', titles), ...rest, '');
  }
  return lines;
}

function block({ title, sentence, saw, never }: Party, columns: number): string[] {
  const indented = (text: string): string[] => wrap(printable(text), columns - 2).map((line) => `  ${line}`);
  return [
    printable(title).toUpperCase(),
    '─'.repeat(columns),
    ...(sentence === undefined ? [] : [...wrap(printable(sentence), columns), '']),
    ...saw.flatMap(({ label, value }) => [`${printable(label)}:`, ...indented(value)]),
    '',
    'Never saw:',
    ...never.flatMap((text) => indented(text)),
  ];
}
