import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parsePolicy } from '@sotto/tlog';
import { base64url } from '@sotto/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seed } from '../../../test/support/bundle-log.ts';
import { run } from '../src/run.ts';
import { CLOCK, passSeconds, useFixedClock } from './support/clock.ts';
import { localRoutes, TestIo } from './support/io.ts';
import { bundleOf, DAY, FakeGateway, ROOT, WITNESSES, Witnesses } from './support/witnessed.ts';

const TODAY = Math.floor(CLOCK / DAY);
const ROUTE = 'https://gateway.example/operator/bundles';
let io: TestIo;
let gateway: FakeGateway;

useFixedClock();
beforeEach(async () => {
  io = new TestIo(await mkdtemp(path.join(tmpdir(), 'sotto-cli-other-proofs-')));
  gateway = new FakeGateway();
  localRoutes(io, base64url(ROOT));
  io.routes[ROUTE] = gateway.route;
  gateway.offer(TODAY, TODAY + 7);
  gateway.signAll();
});
afterEach(() => rm(io.cwd, { recursive: true, force: true }));

const at = (name: string): string => path.join(io.cwd, name);
const policy = async (name: string) => parsePolicy(await readFile(at(`${name}/policy`), 'utf8'));

/** `sotto log init NAME --origin ORIGIN`: by default a log without witnesses that begins today. */
async function init(name: string, origin: string, ...more: readonly string[]): Promise<void> {
  const options = ['--origin', origin, '--log-secret', `${name}.secret`, ...more];
  expect(await run(['log', 'init', name, ...options], io)).toBe(0);
}

/** `sotto log add NAME`, with what it prints. */
async function add(name: string, ...more: readonly string[]): Promise<{ status: number; said: string }> {
  io.errors.length = 0;
  const status = await run(['log', 'add', name, '--log-secret', `${name}.secret`, ...more], io);
  return { status, said: io.errors.join('\n') };
}
const end = (epoch: number): string => new Date((epoch + 1) * DAY * 1000).toISOString().replace('.000', '');
const proofs = () =>
  [...gateway.rows].flatMap(([epoch, { proof }]) => (proof === null ? [] : [[epoch, proof]]));

describe('sotto log add, when the gateway has proofs of another log', () => {
  beforeEach(async () => {
    await init('old', 'bundles.example');
    await add('old');
  });

  test.each([
    ['another origin', 'bundles-2.example'],
    ['the same origin and another key', 'bundles.example'],
  ])('a new log with %s: logs nothing, and names the first epoch that it may have', async (_what, origin) => {
    const before = proofs();
    await init('new', origin);
    const { status, said } = await add('new');
    expect(status).toBe(1);
    expect(said).toContain(
      `Nothing was logged: the gateway keeps proofs of another log (bundles.example) for epochs ${TODAY} to ${TODAY + 2}`,
    );
    expect(said).toContain(`sotto log init --base ${TODAY + 3}`);
    expect(said).not.toContain('proven until');
    expect(await readFile(at('new/checkpoint'), 'utf8')).toMatch(/^bundles(-2)?\.example\n0\n/);
    expect(proofs()).toEqual(before);
  });

  test('with an epoch of one other proof, the message names that epoch', async () => {
    await init('new', 'bundles-2.example', '--base', String(TODAY + 2));
    const { status, said } = await add('new');
    expect([status, said]).toEqual([1, expect.stringContaining(`for epoch ${TODAY + 2}, so`)]);
  });

  test('a new log that begins at the epoch of the message proves its epochs, and claims no others', async () => {
    await init('new', 'bundles-2.example', '--base', String(TODAY + 3));
    expect(await add('new')).toEqual({ status: 0, said: 'sotto: 0 logged, 0 proofs sent' });
    passSeconds(DAY);
    expect(await add('new')).toEqual({
      status: 0,
      said: `sotto: 1 logged, 1 proofs sent, proven until ${end(TODAY + 3)}`,
    });
    gateway.verify(TODAY + 2, await policy('old'));
    gateway.verify(TODAY + 3, await policy('new'));
  });

  test('a log with entries adds to them, proves epochs without a proof, and claims no earlier epoch', async () => {
    gateway.rows.clear();
    gateway.offer(TODAY, TODAY + 7);
    gateway.signAll();
    await init('new', 'bundles-2.example');
    expect(await add('new', '--ahead', '0')).toMatchObject({ status: 0 });
    passSeconds(DAY);
    gateway.rows.delete(TODAY); // a gateway lists no epochs before the current one
    await init('third', 'bundles-3.example');
    expect(await add('third', '--ahead', '1')).toMatchObject({ status: 0 });
    const { status, said } = await add('new', '--json');
    expect(status).toBe(1);
    expect(said).toContain(`(bundles-3.example) for epochs ${TODAY + 1} to ${TODAY + 2}`);
    expect(said).toContain('sotto: 3 logged, 1 proofs sent');
    expect(said).not.toContain('proven until');
    expect(JSON.parse(io.lines.at(-1) ?? '')).toMatchObject({ proofs: 1, provenUntil: null });
    gateway.verify(TODAY + 1, await policy('third'));
    gateway.verify(TODAY + 3, await policy('new'));
  });
});

describe('sotto log add, when the gateway has proofs of this log', () => {
  test('claims epochs only up to the first whose bundle differs from that of the log', async () => {
    await init('log', 'bundles.example');
    await add('log');
    const row = gateway.rows.get(TODAY + 1);
    if (row === undefined) throw new Error('no row');
    Object.assign(row, { bundle: bundleOf(TODAY + 1, seed(9)), signature: null, proof: null });
    gateway.signAll();
    const { status, said } = await add('log');
    expect([status, said]).toEqual([1, expect.stringContaining(`proven until ${end(TODAY)}`)]);
  });

  test.each<[string, string, (proof: string) => string]>([
    [
      'has no cosignature that the policy now requires',
      'the cosignatures do not meet the quorum',
      (proof) => proof,
    ],
    ['is not a proof', 'not an index, hashes', () => 'the proof'],
    [
      'has a signature that does not verify',
      'a signature of a known key does not verify',
      (proof) => proof.replace(/.{4}\n$/, 'AAAA\n'),
    ],
    ['is of another epoch', 'the proof is for another entry', () => gateway.rows.get(TODAY)?.proof ?? ''],
  ])('makes a proof anew that %s', async (_what, message, change) => {
    await init(
      'log',
      'bundles.example',
      ...WITNESSES.flatMap(({ key, url }) => ['--witness', `${key} ${url}`]),
    );
    const text = await readFile(at('log/policy'), 'utf8');
    new Witnesses(text).join(io);
    await writeFile(at('log/policy'), text.replace('quorum all-of-them', 'quorum none'));
    expect(await add('log')).toMatchObject({ status: 0 });
    await writeFile(at('log/policy'), text);
    const row = gateway.rows.get(TODAY + 1);
    if (row === undefined) throw new Error('no row');
    row.proof = change(row.proof ?? '');
    const pinned = await policy('log');
    expect(() => gateway.verify(TODAY + 1, pinned)).toThrow(message);
    expect(await add('log')).toMatchObject({
      status: 0,
      said: expect.stringContaining('0 logged, 3 proofs sent') as string,
    });
    for (const epoch of [TODAY, TODAY + 1, TODAY + 2]) gateway.verify(epoch, pinned);
  });
});
