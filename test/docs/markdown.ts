/** A cell in which no character ends the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|');

/** A table in Markdown. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string[] => [
  `| ${head.join(' | ')} |`,
  `|${'---|'.repeat(head.length)}`,
  ...rows.map((row) => `| ${row.map(cell).join(' | ')} |`),
];

/** A text in the type of code. */
export const code = (text: string): string => `\`${text}\``;

const NOTE =
  'This page is generated from the declarations in the code: run `npm run reference` after a change.';

/** A page with a title, and the sentence that it is generated. */
export const page = (title: string, about: string, sections: readonly string[]): string =>
  [`# ${title}`, '', `${about} ${NOTE}`, '', ...sections, '']
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trimEnd() + '\n';
