import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseCall } from '../src/command.ts';
import { COMMANDS, run } from '../src/run.ts';
import { TestIo } from './support/io.ts';

const NAMES = COMMANDS.map(({ name }) => name);
let folder = '';
let io: TestIo;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sotto-help-'));
  io = new TestIo(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('help and exit status', () => {
  test.each(NAMES)(
    'sotto %s --help and sotto help %s: usage, options and examples, status 0',
    async (name) => {
      expect(await run([...name.split(' '), '--help'], io)).toBe(0);
      const text = io.lines.join('\n');
      expect(text).toMatch(new RegExp(`^Usage: sotto ${name} `));
      expect(text).toContain('--json');
      expect(text).toMatch(/Examples:\n {2}sotto /);
      expect(io.errors).toEqual([]);
      io.lines.length = 0;
      expect(await run(['help', ...name.split(' ')], io)).toBe(0);
      expect(io.lines.join('\n')).toBe(text);
    },
  );

  test('every example of every help parses', () => {
    const lines = COMMANDS.flatMap(({ examples }) => examples.map(([line]) => line));
    expect(lines.length).toBeGreaterThanOrEqual(COMMANDS.length);
    for (const line of lines) {
      const words = (line.split(' >', 1)[0] ?? '').match(/'[^']*'|\S+/g) ?? [];
      const spec = COMMANDS.find(({ name }) => name.split(' ').every((part, i) => part === words[i]));
      if (spec === undefined) throw new Error(`no command for the example: ${line}`);
      parseCall(spec, words.slice(spec.name.split(' ').length));
    }
  });

  test.each(['--help', '-h', 'help'])(
    'sotto %s: lists every command and the exit statuses, status 0',
    async (word) => {
      expect(await run([word], io)).toBe(0);
      for (const name of NAMES) expect(io.lines.join('\n')).toContain(`  ${name} `);
      expect(io.lines.join('\n')).toContain('3 inconclusive or unreachable, 4 nothing found');
    },
  );

  test.each([
    ['help', 'keys'],
    ['keys', '--help'],
  ])('sotto %s %s: lists the commands of the group', async (...words) => {
    expect(await run(words, io)).toBe(0);
    for (const name of ['keys show', 'keys list', 'keys rotate']) expect(io.lines.join('\n')).toContain(name);
  });

  test('sotto --version: prints the version of the package', async () => {
    expect(await run(['--version'], io)).toBe(0);
    expect(io.lines[0]).toMatch(/^\d+\.\d+\.\d+/);
  });

  test.each([
    [[], 'name a command'],
    [['serach', 'cat'], 'no such command: serach (did you mean search?)'],
    [['sarch'], 'did you mean search?'],
    [['frobnicate'], 'no such command: frobnicate. See sotto --help.'],
    [['constructor'], 'no such command: constructor'],
    [['__proto__'], 'no such command: __proto__'],
    [['keys'], 'keys: name one of show, list, rotate'],
    [['keys', 'lsit'], 'no such command: keys lsit (did you mean list?)'],
    [['help', 'probbe'], 'did you mean probe?'],
    [['search', 'cat', '--limt', '3'], 'unknown option --limt (did you mean --limit?)'],
    [['search', 'cat', '--nonsense'], 'unknown option --nonsense.'],
    [['bundle', 'sign', '--root-secet', 'x'], 'did you mean --root-secret?'],
  ])('sotto %j: one line with a suggestion, status 2', async (words, said) => {
    expect(await run(words, io)).toBe(2);
    expect(io.lines).toEqual([]);
    expect(io.errors).toHaveLength(1);
    expect(io.errors[0]).toContain(said);
    expect(io.errors[0]).toMatch(/See sotto [a-z -]+\.$|name a command\. See sotto --help\.$/);
  });

  test.each([
    ['search'],
    ['search', 'cat', '--limit', 'many'],
    [
      'search',
      'cat',
      '--limit',
      '100',
      '--relay',
      'https://r.example',
      '--issuer',
      'https://i.example',
      '--root',
      'A'.repeat(43),
    ],
    ['search', 'cat', '--limit', 'many'],
    ['search', 'cat', '--nonsense'],
    ['search', 'cat', '--relay', 'https://relay.example'],
    ['search', 'cat', '--relay', 'http://relay.example', '--issuer', 'https://i.example', '--root', 'AAAA'],
    ['explain'],
    ['keys'],
    ['keys', 'lose'],
    ['keys', 'show', 'ftp://gateway.example'],
    ['keys', 'show', 'https://gateway.example', 'https://another.example'],
    ['keys', 'list', '--gateway', 'https://gateway.example'],
    ['quota'],
    ['quota', 'show'],
    ['bundle'],
    ['bundle', 'sign'],
    ['bundle', 'verify', 'https://relay.example', '--root', 'short'],
    ['root'],
    ['root', 'new'],
  ])('sotto %s %s %s %s %s: wrong usage, status 2', async (...argv) => {
    expect(await run(argv, io)).toBe(2);
    expect(io.lines).toEqual([]);
    expect(io.errors).toHaveLength(1);
    expect(io.errors[0]).toMatch(/See sotto [a-z -]+\.$/);
    expect(io.said).not.toMatch(/\n +at |node:internal/);
  });

  test.each([
    [3, ['search', 'cat']],
    [3, ['explain', 'cat']],
    [3, ['fetch', 'https://stickers/v1/packs']],
    [3, ['keys', 'show']],
    [3, ['keys', 'show', 'https://nowhere.example']],
    [3, ['keys', 'list']],
    [3, ['keys', 'rotate']],
    [3, ['quota', 'show', '--account', 'a']],
    [3, ['bundle', 'verify']],
    [3, ['bundle', 'verify', 'https://nowhere.example']],
    [3, ['probe']],
    [3, ['probe', '--relay', 'https://nowhere.example']],
    [
      3,
      [
        'search',
        'cat',
        '--relay',
        'https://r.example',
        '--issuer',
        'https://i.example',
        '--root',
        'A'.repeat(43),
      ],
    ],
    [1, ['bundle', 'sign', '--root-secret', 'missing']],
    [1, ['root', 'new', '--root-secret', 'no/such/folder']],
    [4, ['config', 'show']],
  ] as const)('status %i, in one line: sotto %j', async (status, argv) => {
    const alone = new TestIo(folder);
    expect(await run(argv, alone)).toBe(status);
    expect(alone.said).not.toMatch(/\n +at |node:internal|\[object/);
    expect(alone.errors.filter((line) => line.startsWith('sotto: '))).toHaveLength(alone.errors.length);
  });

  test('--json: an error is one JSON object on standard error', async () => {
    expect(await run(['search', '--json'], io)).toBe(2);
    const parsed = JSON.parse(io.errors[0] ?? '') as { error: { code: string; message: string } };
    expect(parsed.error).toMatchObject({ status: 2, code: 'usage', message: 'a query is missing' });
  });
});
