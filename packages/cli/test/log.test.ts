import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parsePolicy } from '@sotto/tlog';
import { base64url } from '@sotto/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../src/run.ts';
import { seed } from '../../../test/support/bundle-log.ts';
import { CLOCK, useFixedClock } from './support/clock.ts';
import { localRoutes, TestIo } from './support/io.ts';
import { bundleOf, DAY, FakeGateway, ROOT, WITNESSES, Witnesses } from './support/witnessed.ts';

const GATEWAY = 'https://gateway.example/operator/bundles';
const NOW = Math.floor(CLOCK / DAY); // the current epoch
let folder = '';
let io: TestIo;
let gateway: FakeGateway;

useFixedClock();
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sotto-cli-log-'));
  io = new TestIo(folder);
  gateway = new FakeGateway();
  localRoutes(io, base64url(ROOT));
  io.routes[GATEWAY] = gateway.route;
  await writeFile(path.join(folder, 'root.secret'), base64url(seed(7)));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string): string => path.join(folder, name);
const witnessOptions = WITNESSES.flatMap(({ key, url }) => ['--witness', `${key} ${url}`]);
const init = (...more: string[]) =>
  run(['log', 'init', 'log', '--origin', 'bundles.example', '--log-secret', 'log.secret', ...more], io);

/** A log with its three witnesses on the network. */
async function ready(): Promise<Witnesses> {
  expect(await init('--base', String(NOW - 1), ...witnessOptions)).toBe(0);
  const witnesses = new Witnesses(await readFile(at('log/policy'), 'utf8'));
  witnesses.join(io);
  gateway.offer(NOW, NOW + 7);
  io.lines.length = 0;
  io.errors.length = 0;
  return witnesses;
}
const add = (...more: string[]) => run(['log', 'add', 'log', '--log-secret', 'log.secret', ...more], io);
const sign = (...more: string[]) =>
  run(
    ['bundle', 'sign', '--root-secret', 'root.secret', '--log', 'log', '--log-secret', 'log.secret', ...more],
    io,
  );
const policy = async () => parsePolicy(await readFile(at('log/policy'), 'utf8'));
const proven = () => [...gateway.rows].flatMap(([epoch, { proof }]) => (proof === null ? [] : [epoch]));

describe('sotto log init', () => {
  test('writes a key that only its owner can read, a policy that all witnesses meet, and an empty log', async () => {
    expect(await init('--base', '20788', ...witnessOptions)).toBe(0);
    expect(io.lines).toEqual([expect.stringMatching(/^bundles\.example\+[0-9a-f]{8}\+A\S+$/)]);
    expect((await stat(at('log.secret'))).mode & 0o777).toBe(0o600);
    const text = await readFile(at('log/policy'), 'utf8');
    const { base, witnesses, logs } = parsePolicy(text);
    expect([base, witnesses.length, logs.length]).toEqual([20_788, 3, 1]);
    expect(await readFile(at('log/checkpoint'), 'utf8')).toMatch(/^bundles\.example\n0\n/);
    expect(io.errors).toEqual(['sotto: two histories of this log need 3 witnesses that lie']);
  });

  test('replaces neither a log nor a key', async () => {
    expect(await init()).toBe(0);
    const before = await readFile(at('log.secret'), 'utf8');
    expect(await init()).toBe(1);
    await rm(at('log.secret'));
    expect(await init()).toBe(1);
    expect(io.errors.at(-1)).toContain('has a log already');
    expect(before).not.toBe('');
  });

  test.each([
    [['--base', '0x10'], '--base must be a whole number'],
    [['--witness', 'mirror.example'], '--witness must be a verifier key and an address'],
    [['--witness', `${WITNESSES[0]?.key} ftp://mirror.example`], 'is not an https URL'],
    [['--origin', 'two words'], '--origin must be a name without spaces'],
  ])('%j is wrong usage', async (more, message) => {
    expect(await init(...more)).toBe(2);
    expect(io.errors.join('\n')).toContain(message);
  });
});

describe('sotto bundle sign --log and sotto log add', () => {
  test('sign, log this epoch and the next two, and send proofs that a client accepts; again changes nothing', async () => {
    await ready();
    expect(await sign()).toBe(0);
    expect(proven()).toEqual([NOW, NOW + 1, NOW + 2]);
    for (const epoch of proven()) gateway.verify(epoch, await policy());
    const until = new Date((NOW + 3) * DAY * 1000).toISOString().replace('.000', '');
    expect(io.errors.at(-1)).toBe(`sotto: 4 logged, 3 proofs sent, proven until ${until}`);
    const shown = await readFile(at('log/checkpoint'), 'utf8');
    expect(await sign('--json')).toBe(0);
    expect(io.errors.at(-1)).toBe(`sotto: 0 logged, 0 proofs sent, proven until ${until}`);
    expect(JSON.parse(io.lines.at(-1) ?? '')).toEqual({ logged: [], proofs: 0, provenUntil: until });
    expect(await readFile(at('log/checkpoint'), 'utf8')).toBe(shown);
  });

  test('signed without a network, the bundles are logged by log add', async () => {
    await ready();
    gateway.signAll();
    expect(await add('--ahead', '0')).toBe(0);
    expect(proven()).toEqual([NOW]);
    expect(await add('--ahead', '7')).toBe(0);
    expect(proven()).toHaveLength(8);
  });

  test('with an unreachable witness it exits with 3, keeps the log, and the next run continues', async () => {
    await ready();
    const { fetch: all } = io;
    const down = new TypeError('fetch failed');
    Object.assign(io, {
      fetch: (input: string, options: RequestInit) =>
        input.startsWith('https://two.example') ? Promise.reject(down) : all(input, options),
    });
    expect(await sign()).toBe(3);
    expect(io.errors.join('\n')).toContain('https://two.example/add-checkpoint does not respond');
    expect([proven(), await readFile(at('log/checkpoint'), 'utf8')]).toEqual([
      [],
      expect.stringMatching(/^bundles\.example\n0\n/),
    ]);
    Object.assign(io, { fetch: all });
    expect(await add()).toBe(0);
    expect(proven()).toHaveLength(3);
  });

  test('a quorum of two of three needs no third, and proofs have no more lines than it needs', async () => {
    await ready();
    const text = await readFile(at('log/policy'), 'utf8');
    await writeFile(at('log/policy'), text.replace('group all-of-them all', 'group all-of-them 2'));
    expect(await sign()).toBe(0);
    const shown = await readFile(at('log/checkpoint'), 'utf8');
    expect(shown.match(/^— /gm)).toHaveLength(3);
    expect(Buffer.byteLength(gateway.rows.get(NOW)?.proof ?? '')).toBeLessThan(2048);
  });

  test('a bundle that announces another root is logged only with --yes', async () => {
    await ready();
    const row = gateway.rows.get(NOW + 1);
    if (row === undefined) throw new Error('no row');
    row.bundle = bundleOf(NOW + 1, seed(9));
    expect(await sign()).toBe(1);
    expect(io.errors.at(-1)).toContain(`epoch ${NOW + 1} changes the next root`);
    expect(proven()).toEqual([]);
    expect(await sign('--yes')).toBe(0);
    expect(proven()).toHaveLength(3);
  });

  test('a bundle that changed after it was logged is reported, and the others are proven', async () => {
    await ready();
    expect(await sign('--ahead', '1')).toBe(0);
    const row = gateway.rows.get(NOW + 1);
    if (row === undefined) throw new Error('no row');
    Object.assign(row, { bundle: bundleOf(NOW + 1, seed(9)), signature: null, proof: null });
    expect(await sign()).toBe(1);
    expect(io.errors.join('\n')).toContain(`another entry for epoch ${NOW + 1}`);
    expect(proven()).toEqual([NOW, NOW + 2]);
  });

  test('another key, a missing folder and wrong options are errors that say what to do', async () => {
    await ready();
    await writeFile(at('other.secret'), base64url(seed(3)));
    gateway.signAll();
    expect(await run(['log', 'add', 'log', '--log-secret', 'other.secret'], io)).toBe(1);
    expect(io.errors.at(-1)).toContain('not that of this log');
    expect(await run(['log', 'add', 'nowhere', '--log-secret', 'log.secret'], io)).toBe(1);
    expect(io.errors.at(-1)).toContain('The log is damaged: it has no policy');
    expect(await run(['log', 'add', 'log'], io)).toBe(2);
    expect(await add('--ahead', '8')).toBe(2);
    expect(await run(['log', 'add'], io)).toBe(2);
    expect(await sign('--in', 'x', '--out', 'y')).toBe(2);
  });

  test('a witness whose key is not that of the policy is refused', async () => {
    await ready();
    const text = await readFile(at('log/policy'), 'utf8');
    const [, one, two] = WITNESSES;
    await writeFile(at('log/policy'), text.replace(one?.url ?? '', two?.url ?? ''));
    expect(await sign()).toBe(3);
    expect(io.errors.join('\n')).toContain('https://two.example does not cosign with the key');
  });
});
