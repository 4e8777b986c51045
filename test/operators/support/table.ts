import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { drillTable, type DrillRow } from './drill.ts';

/** Prints the table of all drills at the end. Tests append their rows to the file in `SOTTO_DRILLS`, a JSON object a line. */
export default function setup(): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-drills-'));
  const file = path.join(folder, 'rows');
  writeFileSync(file, '');
  process.env['SOTTO_DRILLS'] = file;
  return () => {
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    const rows = lines.map((line) => JSON.parse(line) as DrillRow);
    if (rows.length > 0) process.stdout.write(`\n${drillTable(rows)}\n\n`);
    rmSync(folder, { recursive: true, force: true });
  };
}
