const MAX_DISTANCE = 2; // edits

/** ` (did you mean X?)` for the nearest name, or nothing if none is near. */
export function didYouMean(word: string, names: readonly string[]): string {
  const near = names
    .map((name) => ({ name, distance: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.min(MAX_DISTANCE, name.replace(/^-+/, '').length / 2))
    .toSorted((a, b) => a.distance - b.distance);
  return near[0] === undefined ? '' : ` (did you mean ${near[0].name}?)`;
}

/** Edits that turn one word into another: insertions, deletions, replacements, and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  let twoBefore: number[] = [];
  let before = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const edits = [(before[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (before[j - 1] ?? 0) + (same ? 0 : 1)];
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) edits.push((twoBefore[j - 2] ?? 0) + 1);
      row.push(Math.min(...edits));
    }
    twoBefore = before;
    before = row;
  }
  return before[b.length] ?? 0;
}
