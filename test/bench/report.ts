import type { Figure, Measured } from './row.ts';

const MOST_NAMED = 8; // parts of a row
const QUIET = 5000; // milliseconds between lines of progress where no terminal shows them

const rounded = (n: number | null): number | null => (n === null ? null : Number(n.toPrecision(4)));

/** A table for people or one JSON object a line on standard output; progress on standard error. */
export function reporter(json: boolean) {
  const terminal = process.stderr.isTTY;
  let said = 0;
  if (!json) {
    console.log('row                     runtime     ours µs    peer µs     ratio   limit µs  peer');
  }
  function progress(text: string): void {
    if (terminal) process.stderr.write(`\r\u001b[K${text}`);
    else if (performance.now() - said > QUIET) {
      said = performance.now();
      process.stderr.write(`${text}\n`);
    }
  }

  function report(
    runtime: Figure['runtime'],
    { name, peer }: { readonly name: string; readonly peer: string | null },
    m: Measured,
  ): void {
    const figure: Figure = {
      name,
      runtime,
      ours_us: rounded(m.ours_us) ?? 0,
      peer,
      peer_us: rounded(m.peer_us),
      ratio: rounded(m.ratio),
      limit_us: rounded(m.limit_us),
      ...(m.each_us === undefined ? {} : { each_us: m.each_us }),
    };
    if (terminal) process.stderr.write('\r\u001b[K');
    console.log(json ? JSON.stringify(figure) : line(figure));
    if (!json && m.each_us !== undefined) console.log(worst(m.each_us));
  }

  return [report, progress] as const;
}

function line({ name, runtime, ours_us, peer, peer_us, ratio, limit_us }: Figure): string {
  return [
    name.padEnd(22),
    runtime.padEnd(8),
    `${ours_us}`.padStart(9),
    `${peer_us ?? ''}`.padStart(9),
    `${ratio ?? ''}`.padStart(8),
    `${limit_us ?? ''}`.padStart(9),
    peer ?? '',
  ]
    .join('  ')
    .trimEnd();
}

/** The worst of what a row is made of, as many as fit on a line. */
function worst(each: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(each).toSorted(([, a], [, b]) => b - a);
  return `    of ${sorted.length}: ${sorted
    .slice(0, MOST_NAMED)
    .map(([name, us]) => `${name} ${us}`)
    .join(', ')}`;
}
