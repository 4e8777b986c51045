import { decodeSignedBundle, encodeLoggedBundle } from '@sotto/bundle';
import { memoryWallet, type Wallet } from '@sotto/client';
import { COSIGNATURE, ED25519, verifierKeyOf, logFolder } from '@sotto/tlog';
import type { Bytes } from '@sotto/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { memoryStore } from '../../../services/witness/test/support/memory-store.ts';
import { configOf, startApp } from '../../../services/witness/test/support/running.ts';
import { seed, vkey } from '../../../test/support/bundle-log.ts';
import { DAY, START, World } from '../../client/test/support/world.ts';
import { logBundles } from '../src/log/bundles.ts';
import { makeLog } from '../src/log/directory.ts';
import type { LogFiles } from '../src/log/files.ts';
import { policyText } from '../src/log/policy.ts';
import { plainIo } from './support/io.ts';

const TODAY = START / DAY;
const MIRROR = { name: 'mirror.example', secret: seed(61), url: 'https://mirror.example' };

/** A log by its origin: its key, the epoch of its first entry, and the policy that clients pin. */
function logOf(origin: string, secret: Bytes, base: number) {
  const witnesses = [{ key: vkey(MIRROR.name, COSIGNATURE, MIRROR.secret), url: MIRROR.url }];
  return {
    origin,
    secret,
    base,
    policy: policyText({ key: vkey(origin, ED25519, secret), base, witnesses }),
  };
}
type LogKey = ReturnType<typeof logOf>;

/** The old log has the epochs until today; the new one begins with tomorrow's. */
const OLD = logOf('bundles.example', seed(51), TODAY - 2);
const NEW = logOf('bundles-2.example', seed(52), TODAY + 1);

function memoryFiles(): LogFiles {
  const disk = new Map<string, Bytes>();
  return {
    read: async (name) => disk.get(name) ?? null,
    write: async (name, bytes) => void disk.set(name, new Uint8Array(bytes)),
    remove: async (name) => void disk.delete(name),
  };
}

/** A deployment whose relay serves the newest proof of each epoch, and a mirror of both logs. */
class Deployment {
  readonly world: World;
  readonly store = memoryStore();
  readonly errors: string[] = [];
  readonly proofs = new Map<number, string>();
  readonly #mirror: ReturnType<typeof startApp>;

  constructor(world: World) {
    this.world = world;
    const logs = [OLD, NEW].map(({ origin, secret, base }) => {
      const key = verifierKeyOf(origin, ED25519, secret);
      return [origin, { key, bundles: { base, roots: [world.root] } }] as const;
    });
    const { name, secret } = MIRROR;
    this.#mirror = startApp(this.store, {
      config: { ...configOf(true), name, secret, logs: new Map(logs) },
    });
    world.intercept = ({ url }) =>
      url === 'https://relay.example/bundle/2' ? { status: 200, type: '', body: this.shown() } : null;
  }

  /** The bundle of the running epoch with its proof, as the relay serves it. */
  shown(): Bytes {
    const proof = this.proofs.get(Math.floor(this.world.now / DAY)) ?? '';
    return encodeLoggedBundle({ signed: this.world.signed(), proof });
  }

  /** `sotto log add` with a folder: logs the bundles of epochs until the running one. */
  async add(files: LogFiles, { secret, base }: LogKey): Promise<void> {
    const { world } = this;
    const epochs = Math.floor(world.now / DAY) - base + 1;
    const rows = Array.from({ length: epochs }, (_, i) => {
      const sequence = base + i;
      return {
        sequence,
        ...decodeSignedBundle(world.signed(sequence * DAY)),
        proof: this.proofs.get(sequence) ?? null,
      };
    });
    const network = plainIo(async (input, init) => this.#mirror.app.fetch(new Request(input, init)), []);
    const io = { ...network, err: (line: string) => void this.errors.push(line) };
    const { proofs } = await logBundles(files, rows, { secret, now: world.now, ahead: 0, agreed: true }, io);
    for (const { sequence, proof = '' } of proofs) this.proofs.set(sequence, proof);
  }

  search(policy: string, wallet: Wallet = memoryWallet()) {
    return this.world.client({ restSeconds: 0, policy, wallet }).search('cat');
  }

  /** What the mirror serves of a log. */
  async served(origin: string, path: string): Promise<[number, string]> {
    const response = await this.#mirror.send(`/${logFolder(origin)}/${path}`);
    return [response.status, await response.text()];
  }
}

describe('a log that is lost, or whose key was stolen', () => {
  let one: Deployment;
  let oldFiles: LogFiles;
  const tomorrow = () => void (one.world.now += DAY);

  beforeEach(async () => {
    one = new Deployment(await World.create());
    oldFiles = memoryFiles();
    await makeLog(oldFiles, OLD.policy, OLD.secret);
    await one.add(oldFiles, OLD);
  });

  test('a new log under a new origin: only clients with its policy accept its bundles', async () => {
    const wallet = memoryWallet();
    await one.search(OLD.policy, wallet);
    tomorrow();
    const files = memoryFiles();
    await makeLog(files, NEW.policy, NEW.secret);
    await one.add(files, NEW);
    await expect(one.search(OLD.policy)).rejects.toMatchObject({ code: 'bundle-unlogged' });
    await one.search(NEW.policy); // a new installation
    await one.search(NEW.policy, wallet); // one that used the old log
    expect((await wallet.update((state) => state.checkpoint))?.origin).toBe(NEW.origin);
  });

  test('a witness takes the new origin from empty, and keeps and serves the old one', async () => {
    const files = ['checkpoint', 'tile/entries/000.p/3', 'tile/0/000.p/3'];
    const before = await Promise.all(files.map((path) => one.served(OLD.origin, path)));
    expect(before.map(([status]) => status)).toEqual([200, 200, 200]);
    expect([await one.store.accepted(NEW.origin), await one.store.count(NEW.origin)]).toEqual([null, 0]);
    tomorrow();
    const folder = memoryFiles();
    await makeLog(folder, NEW.policy, NEW.secret);
    await one.add(folder, NEW);
    expect((await one.store.mirrored(NEW.origin))?.size).toBe(1);
    expect((await one.served(NEW.origin, 'checkpoint'))[1]).toMatch(/^bundles-2\.example\n1\n/);
    expect((await one.store.mirrored(OLD.origin))?.size).toBe(3);
    expect(await Promise.all(files.map((path) => one.served(OLD.origin, path)))).toEqual(before);
  });

  test('clients with the new policy refuse what a thief logs with the old key', async () => {
    tomorrow();
    await one.add(oldFiles, OLD);
    await one.search(OLD.policy); // the witness cosigned it
    await expect(one.search(NEW.policy)).rejects.toMatchObject({ code: 'bundle-unlogged' });
  });

  test('the witness refuses a log under the new origin that the old key signs', async () => {
    tomorrow();
    const files = memoryFiles();
    const thief = logOf(NEW.origin, OLD.secret, NEW.base);
    await makeLog(files, thief.policy, thief.secret);
    await expect(one.add(files, thief)).rejects.toThrow('Too few witnesses');
    expect(one.errors.join('\n')).toContain('refuses the log (HTTP 403)');
    expect(await one.store.accepted(NEW.origin)).toBeNull();
  });

  test('a new log under the old origin is refused by the witness', async () => {
    tomorrow();
    const files = memoryFiles();
    await makeLog(files, OLD.policy.replace(`base=${OLD.base}`, `base=${NEW.base}`), OLD.secret);
    await expect(one.add(files, { ...OLD, base: NEW.base })).rejects.toThrow('Too few witnesses');
    expect(one.errors.join('\n')).toContain('has seen 3 entries of this log, and this folder has 1');
    expect((await one.store.accepted(OLD.origin))?.size).toBe(3);
    expect(one.proofs.has(NEW.base)).toBe(false);
  });
});
