import { CHUNKED_ROWS } from './chunked-rows.ts';
import { ECHO_ROWS } from './echo-rows.ts';
import { ENVELOPE_ROWS } from './envelope-rows.ts';
import { KEY_ROWS } from './key-rows.ts';
import type { Finding, Level, Row } from './live.ts';
import { MESSAGE_ROWS } from './message-rows.ts';
import { RESOURCE_ROWS } from './resource-rows.ts';
import { SOTTO_ROWS } from './sotto-rows.ts';
import { TARGET_ROWS } from './target-rows.ts';
import { TIMING_ROWS } from './timing-rows.ts';

/** All rows of `sotto probe`, by class. */
export const ROWS: readonly Row[] = [
  ...RESOURCE_ROWS,
  ...KEY_ROWS,
  ...ENVELOPE_ROWS,
  ...MESSAGE_ROWS,
  ...CHUNKED_ROWS,
  ...TIMING_ROWS,
  ...TARGET_ROWS,
  ...ECHO_ROWS,
  ...SOTTO_ROWS,
].toSorted((a, b) => a.class - b.class);

/** The rows of a section: `9458`, `9458/5.2` or `9458/5.2/1`. */
export const inSection =
  (section: string) =>
  ({ id }: Row): boolean =>
    id === section || id.startsWith(`${section}/`);

const REQUIRED: ReadonlySet<Level> = new Set(['MUST', 'MUST NOT']);
const OPTIONAL: ReadonlySet<Level> = new Set(['MAY', 'info']);

/** How strictly rows are judged: `own` is a deployment of Sotto, which promises every row. */
export interface Strictness {
  readonly strict: boolean;
  readonly own: boolean;
}

/** What a finding means at the level of its row. A failed SHOULD is a warning, a MAY that is not done is information. */
export function judged(level: Level, finding: Finding, { strict, own }: Strictness): Finding {
  if (finding.result !== 'fail' || own || REQUIRED.has(level)) return finding;
  if (OPTIONAL.has(level)) return { ...finding, result: 'info' };
  return strict ? finding : { ...finding, result: 'warn' };
}
