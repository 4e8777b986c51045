import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { requirementsPage } from '../support/standards.ts';

const file = path.resolve(import.meta.dirname, '../../specs/requirements.md');
writeFileSync(file, requirementsPage(readFileSync(file, 'utf8')));
console.log('specs/requirements.md');
