/** The rows of the table in a `##` section of a Markdown text, a cell per column, without the heading row. */
export function tableRows(markdown: string, section: string): string[][] {
  const body = markdown.split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? '';
  const lines = body.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(1).map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.trim()),
  );
}
