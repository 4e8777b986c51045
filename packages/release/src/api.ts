// `npm run api`: writes packages/NAME/api.md for every published library.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { apiReports, storedReport } from './api-report.ts';
import { ROOT } from './published.ts';
import { stage } from './stage.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-api-'));
for (const report of apiReports(await stage(folder))) {
  const changed = storedReport(report) !== report.text;
  if (changed) writeFileSync(path.join(ROOT, report.file), report.text);
  process.stdout.write(`${report.file}: ${changed ? 'written' : 'unchanged'}\n`);
}
rmSync(folder, { recursive: true });
