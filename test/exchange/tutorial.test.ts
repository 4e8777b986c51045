import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../../services/local/src/suite.ts';
import { ROOT } from '../../services/local/src/worker-code.ts';
import { blocksOf, commandsOf } from '../support/documents.ts';
import { running, type Killable } from '../support/killable.ts';

const DOCUMENT = 'docs/tutorial.md';
const blocks = blocksOf(DOCUMENT);
const commands = blocks.filter(({ language }) => language === 'console').flatMap(commandsOf);
const program = path.join(ROOT, `tutorial-${process.pid}.mjs`); // beside package.json, as the tutorial says
let suite: Killable;
let port: number;

beforeAll(async () => {
  port = await freePorts();
  suite = await running('services/local/src/start.ts', { PORT: `${port}` });
}, 120_000);
afterAll(async () => {
  await suite.kill();
  for (const file of [
    program,
    path.join(ROOT, '.sotto', `${port}`),
    path.join(ROOT, '.sotto/tutorial.wallet'),
  ]) {
    rmSync(file, { recursive: true, force: true });
  }
});

/** Runs a command in the repository, with the suite of this test. */
function bash(text: string): { status: number | null; output: string } {
  const env = {
    ...process.env,
    PORT: `${port}`,
    PATH: `${ROOT}/node_modules/.bin:${process.env['PATH'] ?? ''}`,
  };
  const { status, stdout, stderr } = spawnSync('bash', ['-c', text], { cwd: ROOT, env, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

describe('tutorial', () => {
  test('its commands are found, and `npm start` among them', () => {
    expect(commands.map(({ text }) => text)).toContain('npm start');
    expect(commands.length).toBeGreaterThan(5);
  });

  test.each(commands.filter(({ text }) => text.startsWith('npx sotto')))(
    'line $line: $text',
    ({ text }) => {
      const { status, output } = bash(text);
      expect({ status, output }).toMatchObject({ status: 0 });
      expect(output.length).toBeGreaterThan(40);
    },
    60_000,
  );

  test('its program finds stickers', () => {
    const source = blocks.find(({ language }) => language === 'js')?.text ?? '';
    writeFileSync(program, source.replaceAll('8805', `${port + 4}`));
    const { status, output } = bash(`node ${program}`);
    expect({ status, output }).toMatchObject({ status: 0 });
    expect(output).toMatch(/😺|😸|cat/);
  }, 60_000);
});
