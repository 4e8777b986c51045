/** A text of Markdown with these tables in place of those with the same first line. @throws {Error} if it lacks one */
export function withTables(text: string, tables: readonly (readonly string[])[]): string {
  const lines = text.split('\n');
  for (const table of tables) {
    const from = lines.indexOf(table[0] ?? '');
    if (from < 0) throw new Error(`no table begins with ${table[0]}`);
    const after = lines.findIndex((line, i) => i > from && !line.startsWith('|'));
    lines.splice(from, (after < 0 ? lines.length : after) - from, ...table);
  }
  return lines.join('\n');
}
