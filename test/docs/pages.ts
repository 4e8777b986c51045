import { variablesPage } from '../support/reference.ts';
import { cliPage } from './cli-page.ts';
import { clientPage } from './client-page.ts';
import { errorsPage } from './errors-page.ts';
import { pickerPage } from './picker-page.ts';
import { probePage } from './probe-page.ts';

/** The generated pages of docs/reference, by their file. */
export const PAGES: Readonly<Record<string, () => string>> = {
  'variables.md': variablesPage,
  'client.md': clientPage,
  'picker.md': pickerPage,
  'cli.md': cliPage,
  'errors.md': errorsPage,
  'probe.md': probePage,
};
