import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createNodeClient } from '@sotto/client/node';
import { base64url } from '@sotto/wire';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { found, sticker } from '../../../client/test/support/gateway.ts';
import { World } from '../../../client/test/support/world.ts';
import { CLOCK, useFixedClock } from './clock.ts';
import { TestIo } from './io.ts';

let home = '';
/** The folder of the running test. */
export let folder = '';
export let world: World;
export let io: TestIo;
/** The options that name the parties of the world. */
export let parties: string[];
/** The option that names the wallet of the running test, which has one batch of tokens. */
export const drawn = ['--wallet', 'wallet'];

/** Makes one world for a test file, because issuing tokens takes a second, and gives every test a copy of the wallet. */
export function useOneWorld(): void {
  useFixedClock();
  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'sotto-cli-'));
    world = await World.create();
    world.now = CLOCK;
    const { wallet: _memory, ...options } = world.options();
    await createNodeClient({ ...options, walletFile: path.join(home, 'wallet'), batches: 1 }).refill();
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  beforeEach(async () => {
    folder = await mkdtemp(path.join(home, 'test-'));
    for (const name of ['wallet', 'wallet.key'])
      await copyFile(path.join(home, name), path.join(folder, name));
    world.gateway.service = () => found({ results: [sticker('1', 'cat')], next: null });
    world.gateway.seen.length = 0;
    world.issuer.spent.clear();
    io = new TestIo(folder, world);
    const root = base64url(world.root);
    parties = ['--relay', 'https://relay.example', '--issuer', 'https://issuer.example', '--root', root];
  });
}
