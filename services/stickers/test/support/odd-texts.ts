/** Unusual but valid texts. */
export const ODD = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\u200d',
  '\u202ecat',
  '😀',
  '👩‍🚀',
  '\ufe0f',
  '🏻',
  '🇪🇸',
  '\u{e007f}',
  '\u0301',
  '…',
  '‿',
  'ﷺ'.repeat(20),
];

/** Texts that a full-text index would read as query syntax. */
export const SYNTAX = [
  '"',
  '*',
  'NEAR(',
  'col:',
  '-',
  'AND',
  'cat AND',
  '"cat',
  '(cat',
  'cat*',
  'c%t',
  '^cat',
  'cat"*',
  '{cat}',
  'a OR b NOT c',
];

/** Texts that a database would read as SQL. */
export const SQL = [
  "' OR 1=1 --",
  '"; DROP TABLE stickers; --',
  'cat; SELECT *',
  '%',
  '_',
  '\\',
  "a' UNION SELECT 1",
];

/** Texts that a careless regular expression or loop would take long for. */
export const SLOW = [
  'a'.repeat(128),
  'ab'.repeat(64),
  `${'a'.repeat(64)}!`,
  '(a+)+$',
  '((((((((((a',
  'a '.repeat(64),
  `${'x '.repeat(63)}x`,
  'é'.repeat(128),
  '\u0301'.repeat(128),
  '\u200d'.repeat(128),
  `👩${'\u200d👩'.repeat(60)}`.slice(0, 90),
  '#'.repeat(128),
  '1'.repeat(128),
  'ก'.repeat(128),
  '한'.repeat(128),
  'ﷺ'.repeat(128),
  'happyhappyhappyhappyhappyhappyhappyhappyhappy',
  'e s a t o n i r',
];
