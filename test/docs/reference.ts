import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { variablesPage } from '../support/reference.ts';

const folder = path.resolve(import.meta.dirname, '../../docs/reference');
mkdirSync(folder, { recursive: true });
writeFileSync(path.join(folder, 'variables.md'), variablesPage());
console.log('docs/reference/variables.md');
