import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PAGES } from './pages.ts';

const folder = path.resolve(import.meta.dirname, '../../docs/reference');
mkdirSync(folder, { recursive: true });
for (const [file, text] of Object.entries(PAGES)) {
  writeFileSync(path.join(folder, file), text());
  console.log(`docs/reference/${file}`);
}
