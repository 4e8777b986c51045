import { encodeLoggedBundle, nobleEd25519Verify } from '@sotto/bundle';
import { ED25519, isSignedBy, parseCheckpoint, verifierKeyOf } from '@sotto/tlog';
import { concat, type Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { acceptShown } from '../src/bundle-store.ts';
import { memoryWallet, type ClientError, type ClientOptions } from '../src/index.ts';
import { pinPolicy } from '../src/logged.ts';
import { emptyState } from '../src/wallet/state.ts';
import { LOG, loggedEntry, ORIGIN, policyFile, proofOf } from '../../../test/support/bundle-log.ts';
import { seeded } from './support/random.ts';
import { DAY, START, World } from './support/world.ts';

const BASE = START / DAY - 2; // the log began two epochs earlier
const POLICY = policyFile(BASE);
const refused = (code: string) => expect.objectContaining({ code });

/** A world whose relay serves bundles with proofs. `shown` returns them. */
async function loggedWorld() {
  const world = await World.create();
  const at: { shown: () => Bytes } = { shown: () => loggedEntry(entries(world), 2) };
  world.intercept = ({ url }) =>
    url === 'https://relay.example/bundle/2' ? { status: 200, type: '', body: at.shown() } : null;
  const client = (more: Partial<ClientOptions> = {}) =>
    world.client({ restSeconds: 0, policy: POLICY, ...more });
  return { world, at, client };
}

/** The bundles of the log's first three epochs. */
const entries = (world: World): Bytes[] => [-2, -1, 0].map((ahead) => world.signed(START + ahead * DAY));

/** Another bundle of the running epoch, signed by the same root, as in a split view. */
const second = (world: World): Bytes =>
  world.signed(START, (bundle) => ({ ...bundle, nextRoot: new Uint8Array(32).fill(5) }));

describe('a client with a policy', () => {
  test('uses a bundle that the log has at the index of its epoch', async () => {
    const { world, client } = await loggedWorld();
    await client().search('cat');
    expect(world.urls()).toContain('https://relay.example/bundle/2');
    expect(world.urls()).not.toContain('https://relay.example/bundle');
  });

  const attacks: readonly [string, (world: World) => Bytes][] = [
    ['the signed bundle alone', (world) => world.signed()],
    ['a log that no witness saw', (world) => loggedEntry(entries(world), 2, { witnesses: [] })],
    [
      'a log that only public witnesses saw',
      (world) => loggedEntry(entries(world), 2, { witnesses: [1, 2, 3] }),
    ],
    ['a log that one public witness saw', (world) => loggedEntry(entries(world), 2, { witnesses: [0, 3] })],
    [
      'a log of somebody else',
      (world) => loggedEntry(entries(world), 2, { log: new Uint8Array(32).fill(99) }),
    ],
    [
      'a second bundle for the epoch, logged at the next index and seen by all',
      (world) => loggedEntry([...entries(world), second(world)], 3, { witnesses: [0, 1, 2, 3] }),
    ],
    [
      'a second bundle for the epoch with the proof of the first',
      (world) => encodeLoggedBundle({ signed: second(world), proof: proofOf(entries(world), 2) }),
    ],
    [
      'a bundle with one byte more than the log has',
      (world) =>
        encodeLoggedBundle({
          signed: concat(world.signed(), Uint8Array.of(0)),
          proof: proofOf(entries(world), 2),
        }),
    ],
    ['a bundle at the index of another epoch', (world) => loggedEntry(entries(world).toReversed(), 0)],
    ['a byte after the proof', (world) => concat(loggedEntry(entries(world), 2), Uint8Array.of(0))],
    ['nothing', () => new Uint8Array(0)],
  ];
  test.each(attacks)('refuses %s', async (_what, attack) => {
    const { world, at, client } = await loggedWorld();
    at.shown = () => attack(world);
    await expect(client().search('cat')).rejects.toEqual(refused('bundle-unlogged'));
    expect(world.gateway.envelopes).toHaveLength(0);
  });

  test('uses its stored bundle while its relay serves none with a proof', async () => {
    const { world, at, client } = await loggedWorld();
    const one = client();
    await one.search('cat');
    at.shown = () => world.signed();
    world.now = START + DAY + 3700;
    await one.search('cat');
    world.now = START + DAY + 7201;
    await expect(one.search('cat')).rejects.toEqual(refused('bundle-outdated'));
  });

  test('refuses a log that had another history at a size that it saw', async () => {
    const { world, at, client } = await loggedWorld();
    const wallet = memoryWallet();
    await client({ wallet }).search('cat');
    await wallet.update((state) => {
      state.bundle = null;
    });
    const [first] = entries(world);
    at.shown = () => loggedEntry([first ?? second(world), second(world), world.signed(START)], 2);
    const error = await client({ wallet })
      .search('cat')
      .catch((cause: unknown) => cause);
    expect(error).toEqual(refused('equivocation'));
    expect(String(error)).toContain('signed two histories of 3 entries. Check both texts of error.evidence');
    expect(String(error)).toContain('with `sotto log verify`');
    // Both notes are signed by the log, and have two roots for one size.
    const { evidence } = error as ClientError;
    const heads = (evidence ?? []).map((note) => parseCheckpoint(note));
    const log = verifierKeyOf(ORIGIN, ED25519, LOG);
    expect(heads.map(({ note }) => isSignedBy(note, log, nobleEd25519Verify))).toEqual([true, true]);
    expect(heads.map(({ checkpoint }) => checkpoint.size)).toEqual([3, 3]);
    expect(heads[0]?.checkpoint.root).not.toEqual(heads[1]?.checkpoint.root);
    // The wallet keeps the first note, so the next attempt has the same two.
    await expect(client({ wallet }).search('cat')).rejects.toMatchObject({ evidence });
  });

  test('refuses it too, without evidence, when an earlier release stored the size and not the note', async () => {
    const { world, at, client } = await loggedWorld();
    const wallet = memoryWallet();
    await client({ wallet }).search('cat');
    await wallet.update((state) => {
      const { note: _, ...head } = state.checkpoint ?? { origin: '', size: 0, root: new Uint8Array(0) };
      [state.bundle, state.checkpoint] = [null, head];
    });
    const [first] = entries(world);
    at.shown = () => loggedEntry([first ?? second(world), second(world), world.signed(START)], 2);
    await expect(client({ wallet }).search('cat')).rejects.toMatchObject({
      code: 'equivocation',
      evidence: null,
    });
  });

  test('uses no bundle that was accepted under another policy, or under none', async () => {
    const { world, at, client } = await loggedWorld();
    const wallet = memoryWallet();
    await world.client({ restSeconds: 0, wallet }).search('cat');
    at.shown = () => new Uint8Array(0);
    await expect(client({ wallet }).search('cat')).rejects.toEqual(refused('bundle-unlogged'));
  });

  test.each([
    ['text that is not a policy file', 'x', 'is not a policy file: line 1'],
    ['no base', POLICY.replace('# sotto base', '# base'), 'must have a log and a base.'],
    [
      'one witness under two names',
      POLICY.replace(/^witness w1 (.*)$/m, 'witness w1 $1\nwitness w9 $1'),
      'is not a policy file: line 5: a witness with the key of another',
    ],
    ['no log', POLICY.replace(/log [^\n]+\n/, ''), 'must have a log and a base.'],
  ])('%s is an error of the configuration that names the option', async (_what, policy, rule) => {
    const { client } = await loggedWorld();
    expect(() => client({ policy })).toThrow(`Option policy ${rule}`);
  });
});

/**
 * Rounds of a game: an attacker who has root key, log key, relay and gateway has shown everyone the honest log, and
 * shows one person another bundle of the same epoch. Returns how many of its attempts that person's client accepts.
 *
 * @param bad - the witnesses that sign any history; all witnesses sign what only appends to the honest one
 */
async function splitViews(rounds: number, bad: readonly number[]): Promise<number> {
  const world = await World.create();
  const honest = entries(world);
  const random = seeded('split view');
  const rules = {
    pins: [world.root],
    policy: pinPolicy(POLICY),
    agree: 1,
    epochSeconds: DAY,
    now: world.now,
  };
  let accepted = 0;
  for (let round = 0; round < rounds; round++) {
    const [way = 0] = random(1);
    const forged = world.signed(START, (bundle) => ({ ...bundle, nextRoot: random(32) }));
    const rewrites = way % 2 === 0;
    const history = rewrites ? honest.with(2, forged) : [...honest, forged];
    const shown = loggedEntry(history, history.length - 1, { witnesses: rewrites ? bad : [0, 1, 2, 3] });
    if (!(acceptShown(emptyState(), [shown], rules) instanceof Error)) accepted++;
  }
  return accepted;
}

describe('G-log: an operator with every key of its own tries to show one person other keys', () => {
  test('with one public witness that lies, 100 of 100 attempts are refused', async () => {
    expect(await splitViews(100, [3])).toBe(0);
  });

  test('with the mirror and two public witnesses that lie, the game detects the split views', async () => {
    expect(await splitViews(20, [0, 2, 3])).toBeGreaterThan(5);
  });
});
