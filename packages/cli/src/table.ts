const WIDE =
  /\p{Extended_Pictographic}|\p{Regional_Indicator}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60]/u;
const SEGMENTS = new Intl.Segmenter('en', { granularity: 'grapheme' });

const graphemes = (text: string): string[] => Array.from(SEGMENTS.segment(text), ({ segment }) => segment);
const cells = (grapheme: string): number => (WIDE.test(grapheme) ? 2 : 1);

/** Columns that a text takes on a terminal: two for an emoji or a Han character. */
export function width(text: string): number {
  return graphemes(text).reduce((sum, grapheme) => sum + cells(grapheme), 0);
}

export function pad(text: string, to: number): string {
  return text + ' '.repeat(Math.max(0, to - width(text)));
}

/** Rows with their columns aligned, two spaces between, nothing after the last. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, width(cell))),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, i) => pad(cell, widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Breaks a text into lines of at most this many columns, at spaces where there are any. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<= )/)) {
    if (width(line + word.trimEnd()) > columns && line !== '') {
      lines.push(line.trimEnd());
      line = '';
    }
    for (const grapheme of graphemes(word)) {
      if (width(line) + cells(grapheme) > columns && grapheme !== ' ') {
        lines.push(line);
        line = '';
      }
      line += grapheme;
    }
  }
  return [...lines, line.trimEnd()];
}

/** Blocks of lines next to each other, each with its width in columns. */
export function sideBySide(blocks: readonly (readonly string[])[], columns: number): string[] {
  const height = Math.max(0, ...blocks.map(({ length }) => length));
  return Array.from({ length: height }, (_, i) =>
    blocks
      .map((block) => pad(block[i] ?? '', columns))
      .join('   ')
      .trimEnd(),
  );
}
