import { ROWS } from '../../packages/cli/src/probe/rows.ts';
import { BROKEN_GATEWAYS } from '../../packages/cli/test/support/broken-gateways.ts';
import { FOREIGN } from '../foreign/expected.ts';
import { page, table } from './markdown.ts';

const CLASSES: readonly string[] = [
  'needs a URL only',
  "needs the gateway's public keys: from the gateway, from `--keys`, or from a bundle",
  'needs `--target`, a resource that the gateway admits',
  'needs a gateway whose inner response lists the header fields that arrived (`METADATA` of a Sotto gateway)',
];

const LEVELS: readonly (readonly string[])[] = [
  ['MUST, MUST NOT', 'FAIL'],
  ['SHOULD, SHOULD NOT', 'a warning; FAIL with `--strict`'],
  [
    'expected, privacy',
    'the same; not keywords of a standard, but what servers do and what could mark a client',
  ],
  ['MAY, info', 'information'],
];

/** docs/reference/probe.md: the rows of `sotto probe`. */
export function probePage(): string {
  const classes = CLASSES.flatMap((needs, n) => [
    `## Class ${n}: ${needs}`,
    '',
    ...table(
      ['row', 'level', 'what', 'for'],
      ROWS.filter((row) => row.class === n).map(({ id, level, title, relayOnly }) => [
        `\`${id}\``,
        level,
        title,
        relayOnly === true ? 'relays' : 'all',
      ]),
    ),
    '',
  ]);
  return page('Rows of sotto probe', 'Every row of `sotto probe`, by what it needs.', [
    'A row is named after the document, the section and a number: `9458/5.2/1`. `--section` takes a document, a section or a row.',
    'Rows without an RFC are about HTTP (`http`), lengths, times, chunked OHTTP (`chunked`, draft-ietf-ohai-chunked-ohttp-08) and Sotto’s own bundle (`sotto`).',
    '',
    ...table(['level', 'what a failure is'], LEVELS),
    '',
    'A deployment that serves a Sotto bundle promises every row, so there every failure is FAIL.',
    'Exit status: 0 no failure, 1 a failure, 2 wrong usage, 3 no row could tell anything, or no response.',
    'No redirect is followed. Nothing more is sent after three requests in a row without a response, or after ten minutes; a response longer than 16 MiB is a failure.',
    '',
    ...classes,
    '## How each row is tested',
    '',
    'For each row there is a relay or gateway that is broken in one way. `packages/cli/test/probe-rows.test.ts` runs all rows against each of them: its own row fails, and no other.',
    'One fault fails two rows: a gateway takes the nonces of plain and chunked responses from the same source, so repeated nonces fail `9458/4.4/1` and `chunked/6.2/1`.',
    'Rows that only report (`9292/3.8/1` and the timing rows) report the difference and do not fail.',
    '',
    ...table(
      ['row', 'the broken relay or gateway'],
      ROWS.map(({ id }) => [`\`${id}\``, BROKEN_GATEWAYS[id] ?? '']),
    ),
    '',
    '`npm run test:foreign` also runs the probe against three gateways of other authors. Rows at the level of MUST that fail there, on 26 November 2026:',
    '',
    ...table(
      ['gateway', 'fails'],
      FOREIGN.map(({ name, fails }) => [name, fails.map((id) => `\`${id}\``).join(' ') || 'none']),
    ),
    '',
    '## What a probe does not tell',
    '',
    'Timing rows report medians of eight exchanges with the interval that contains the median in 93 of 100 cases. They never fail: the network is part of what they measure.',
    'A probe cannot see logs, collusion, destroyed keys, or how a relay treats other clients. Passing is not an audit.',
  ]);
}
