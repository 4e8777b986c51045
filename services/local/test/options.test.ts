import { describe, expect, test } from 'vitest';
import { blocksOf, commandsOf } from '../../../test/support/documents.ts';
import { parseStart } from '../src/options.ts';
import { tableOf } from '../src/table.ts';

const rowsOf = (...args: string[]) =>
  JSON.parse(tableOf(parseStart(args).services).vars.gateway?.['SERVICES'] ?? '') as Record<
    string,
    unknown
  >[];

describe('arguments of npm start', () => {
  test('services, streams and origins', () => {
    expect(
      parseStart([
        '--service=notes=http://127.0.0.1:3000/',
        '--stream',
        'feed=https://feed.example/v1',
        '--origin',
        'http://localhost:5173',
      ]),
    ).toEqual({
      services: [
        { name: 'notes', url: 'http://127.0.0.1:3000', streams: false },
        { name: 'feed', url: 'https://feed.example/v1', streams: true },
      ],
      origins: ['http://localhost:5173'],
    });
    expect(parseStart([])).toEqual({ services: [], origins: [] });
  });

  test.each([
    [['--service', 'notes'], 'write a name and a URL, like --service notes=http://127.0.0.1:3000'],
    [['--service', 'Notes=http://127.0.0.1:3000'], 'the name must have a-z'],
    [['--service', 'stickers=http://127.0.0.1:3000'], 'not be stickers'],
    [['--stream', 'feed=127.0.0.1:3000'], 'the URL must be http on this machine, or https, like --stream'],
    [['--service', 'notes=http://192.168.0.1'], 'the URL must be http on this machine, or https'],
    [['--service', 'notes=https://user@notes.example'], 'the URL must be'],
    [['--service', 'notes=https://notes.example/?key=1'], 'the URL must be'],
    [['--service', 'a=http://localhost:1', '--stream', 'a=http://localhost:2'], 'a is named twice'],
    [['--origin', 'localhost:5173'], 'write scheme, host and port'],
    [['--origin', 'http://localhost:5173/'], 'write scheme, host and port'],
    [['--services', 'x'], '--services'],
  ])('%j: refused with the remedy', (args, message) => {
    expect(() => parseStart(args)).toThrow(message);
  });
});

test('the documents start the suite with valid arguments', () => {
  const documents = [
    'docs/how-to/local-suite.md',
    'docs/examples/places/README.md',
    'docs/examples/pack-export/README.md',
  ];
  const lines = documents
    .flatMap((document) => blocksOf(document))
    .filter(({ language }) => language === 'console')
    .flatMap(commandsOf)
    .flatMap(({ text }) => /^npm start -- (.*?)\s*(?:#.*)?$/.exec(text)?.[1] ?? []);
  expect(lines).toHaveLength(documents.length);
  const taken = lines.map((line) => parseStart(line.split(' ')));
  for (const { services } of taken) expect(services).toHaveLength(1);
});

describe('the table of npm start', () => {
  test('has the rows of wrangler.toml, then those of the developer', () => {
    expect(rowsOf().map(({ name }) => name)).toEqual(['stickers', 'refill']);
    const rows = rowsOf('--service', 'notes=http://127.0.0.1:3000', '--stream', 'feed=http://127.0.0.1:3001');
    expect(rows.map(({ name }) => name)).toEqual(['stickers', 'refill', 'notes', 'feed']);
    expect(rows[1]).toMatchObject({ requestLength: 4096, responseLength: 4096 }); // tokens of three services
    expect(rows[2]).toMatchObject({ class: 'api', target: { url: 'http://127.0.0.1:3000' } });
    expect(rows[3]).toMatchObject({ class: 'stream', stream: { flushMs: 100 } });
  });

  test('its digest depends on the contents of the key bundle, and not on the address of a service', () => {
    const digest = (...args: string[]): string => tableOf(parseStart(args).services).digest;
    const notes = digest('--service', 'notes=http://127.0.0.1:3000');
    expect(digest('--service', 'notes=http://127.0.0.1:4000')).toBe(notes);
    const others = [
      digest(),
      digest('--service', 'other=http://127.0.0.1:3000'),
      digest('--stream', 'notes=http://127.0.0.1:3000'),
      notes,
    ];
    expect(new Set(others).size).toBe(4);
  });
});
