import { counted, Failure, parse, printable, queryOf } from '../arguments.ts';
import type { Io, Status } from '../io.ts';
import { setUp } from '../setup.ts';
import { sideBySide, wrap } from '../table.ts';

export const EXPLAIN_USAGE = `Usage: sotto explain QUERY [--locale L]

Search through the local suite, and print side by side exactly what each party saw of it.

  --locale L             search one language; all of them without it
  --wallet FILE          where tokens are kept`;

const WIDEST = 160; // columns
const NARROWEST = 34; // columns of a party

interface Party {
  readonly title: string;
  readonly sentence?: string;
  readonly saw: readonly { readonly label: string; readonly value: string }[];
  readonly never: readonly string[];
}

/** Runs `sotto explain`. */
export async function explain(argv: readonly string[], io: Io): Promise<Status> {
  const { values, positionals } = parse(argv, { locale: { type: 'string' }, wallet: { type: 'string' } });
  const query = queryOf(positionals);
  const { locale, wallet } = values;
  const { client, local } = await setUp({ wallet }, io);
  if (local === null) throw new Failure('only a local suite can be watched');
  const { sequence } = await report(local.page, 0, io);
  const found = await client.search(query, { ...(locale !== undefined && { locale }), allowFresh: true });
  const parties = Object.values(await report(local.page, Number(sequence), io)).filter(isParty);
  io.out(
    `You asked for ${printable(JSON.stringify(query))} and got ${counted(found.results.length, 'sticker')}.`,
  );
  io.out('');
  for (const line of render(parties, Math.min(io.columns ?? 100, WIDEST))) io.out(line);
  return 0;
}

/** What the parties received after message `since`, so that no fact of an earlier search is shown. */
async function report(page: string, since: number, io: Io): Promise<Record<string, unknown>> {
  const response = await io.fetch(`${page}/local/taps?since=${since}`, { redirect: 'error' });
  if (!response.ok) throw new Failure('the local suite shows nothing');
  return (await response.json()) as Record<string, unknown>;
}

const isParty = (value: unknown): value is Party => {
  const { title, saw, never } = (value ?? {}) as Record<string, unknown>;
  return typeof title === 'string' && Array.isArray(saw) && Array.isArray(never);
};

/** The parties next to each other, as many in a row as the terminal holds. */
export function render(parties: readonly Party[], columns: number): string[] {
  const inRow = Math.max(1, Math.min(parties.length, Math.floor((columns + 3) / (NARROWEST + 3))));
  const each = Math.floor((columns - 3 * (inRow - 1)) / inRow);
  const lines: string[] = [];
  for (let i = 0; i < parties.length; i += inRow) {
    lines.push(
      ...sideBySide(
        parties.slice(i, i + inRow).map((party) => block(party, each)),
        each,
      ),
      '',
    );
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
