import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parsePolicy, parseVerifierKey, splitViewCost } from '@sotto/tlog';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../src/run.ts';
import { useFixedClock } from './support/clock.ts';
import { TestIo } from './support/io.ts';
import { INIT_A, INIT_B, LoggedFolders, NOW, ORIGIN, WITNESS } from './support/logged-folders.ts';
import { expectAsShipped } from './support/shipped-config.ts';

let folder = '';
let io: TestIo;
let folders: LoggedFolders;
useFixedClock();
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sotto-init-log-'));
  io = new TestIo(folder);
  folders = new LoggedFolders(io);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const init = async (on: string): Promise<void> => {
  expect(await run([...INIT_B, '--on', on], io)).toBe(0);
  const oneProvider = on === 'workers' ? ['--allow-one-provider'] : [];
  expect(await run([...INIT_A, '--on', on, ...oneProvider], io)).toBe(0);
};
const modeOf = (name: string): number => statSync(folders.file(name)).mode & 0o777;

describe('sotto init with a log', () => {
  test.each(['node', 'compose', 'workers'])('on %s: log, mirror and policy fit together', async (on) => {
    await init(on);
    const invite = JSON.parse(folders.read('b/invite.json')) as { log: { key: string; base: number } };
    expect([parseVerifierKey(invite.log.key).name, invite.log.base]).toEqual([ORIGIN, NOW]);
    const policy = parsePolicy(folders.read('a/policy'));
    expect([policy.base, policy.logs.length, splitViewCost(policy.quorum)]).toEqual([NOW, 1, 1]);
    expect(policy.witnesses.map(({ key, url }) => [key.name, url])).toEqual([['witness.a.test', WITNESS]]);
    expect([modeOf('b.log.secret'), modeOf('a/operator.token'), modeOf('a/policy')]).toEqual([
      0o600, 0o600, 0o644,
    ]);
    expect(readdirSync(folders.file('b.log')).toSorted()).toEqual(['checkpoint', 'pending', 'policy']);
    expect(io.errors.join('\n')).toContain('b.log  (log, public) and ');
    const secret = folders.read('b.log.secret').trim();
    const open = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
      (name) => statSync(folders.file(name)).isFile() && name !== 'b.log.secret',
    );
    expect(open.filter((name) => folders.read(name).includes(secret))).toEqual([]);
    expect(folders.read('a/README.md')).toContain('Send `policy` to operator B');
    expect(folders.read('b/README.md')).toContain('--log-secret');
  });

  test('what both folders have signs, is cosigned, and makes proofs that clients with the policy accept', async () => {
    await init('node');
    folders.startWitness();
    expect(await folders.sign()).toBe(0);
    const policy = parsePolicy(folders.read('a/policy'));
    for (const epoch of [NOW, NOW + 1, NOW + 2]) folders.gateway.verify(epoch, policy);
  });

  test('on compose the witness has a store and its operator a port; systemd has a unit for it', async () => {
    await init('compose');
    const compose = folders.read('a/compose.yaml');
    expect(compose).toContain('target: witness }');
    expect(compose).toContain('volumes: ["./state/witness:/var/lib/sotto"]');
    expect(compose).toContain('127.0.0.1:8807:8807');
    expect(existsSync(folders.file('a/state/witness'))).toBe(true);
    await run([...INIT_A.with(2, 'node'), '--provider', 'other'], io);
    const unit = folders.read('node/systemd/sotto-witness.service');
    expect(unit).toContain('StateDirectory=sotto-witness');
    expect(unit).toContain('LoadCredential=WITNESS_KEY:');
    const caddyfile = folders.read('node/proxy/Caddyfile');
    expect(caddyfile).toContain('witness.a.test {\n\treverse_proxy 127.0.0.1:8806');
    expect(folders.read('node/proxy/nginx.conf').match(/client_max_body_size \dm/g)).toEqual([
      'client_max_body_size 2m',
      'client_max_body_size 5m',
    ]);
  });

  test('on workers the witness has the bindings, flags and limits of the shipped wrangler.toml', async () => {
    await init('workers');
    expect(expectAsShipped(folders.file('a/wrangler.toml'), 'witness')).toBe(1);
    expect(Object.keys(JSON.parse(folders.read('a/witness.secrets.json')) as object)).toEqual([
      'WITNESS_KEY',
      'OPERATOR_TOKEN',
    ]);
  });
});

describe('sotto init: a log and a witness need each other', () => {
  test('a relay of an invite with a log may be without a witness, and the command says what is missing', async () => {
    await run(INIT_B, io);
    expect(await run(INIT_A.slice(0, -2), io)).toBe(0);
    expect(io.errors.join('\n')).toContain('has no witness for it: --witness URL adds one');
    expect(existsSync(folders.file('a/policy'))).toBe(false);
  });

  test('a witness without a log is wrong usage', async () => {
    await run(INIT_B.slice(0, -2), io);
    expect(await run(INIT_A, io)).toBe(2);
    expect(io.errors.at(-1)).toContain('ask operator B to run sotto init b with --log');
    expect(existsSync(folders.file('a'))).toBe(false);
  });

  test.each(['https://relay.a.test', 'https://gateway.b.test', 'http://witness.a.test', 'witness.a.test'])(
    '--witness %s is wrong usage',
    async (url) => {
      await run(INIT_B, io);
      expect(await run([...INIT_A.slice(0, -1), url], io)).toBe(2);
      expect(existsSync(folders.file('a'))).toBe(false);
    },
  );

  test.each(['two words', 'a+b', ''])('--log %j is wrong usage, and nothing is written', async (name) => {
    expect(await run([...INIT_B.slice(0, -1), name], io)).toBe(2);
    expect(io.errors.at(-1)).toContain('--log must be a name without spaces and plus signs');
    expect(readdirSync(folder)).toEqual(['root.secret']);
  });

  test('a log that is there is never replaced', async () => {
    await run(INIT_B, io);
    const before = folders.read('b.log.secret');
    rmSync(folders.file('b'), { recursive: true });
    expect(await run(INIT_B, io)).toBe(1);
    expect([folders.read('b.log.secret'), existsSync(folders.file('b'))]).toEqual([before, false]);
  });

  test.each([{ key: 'x', base: 1 }, { key: 7, base: 1 }, { base: 1 }, null, 'log'])(
    'an invite whose log is %j is refused',
    async (log) => {
      await run(INIT_B, io);
      const invite = JSON.parse(folders.read('b/invite.json')) as object;
      writeFileSync(folders.file('b/invite.json'), JSON.stringify({ ...invite, log }));
      expect(await run(INIT_A, io)).toBe(1);
      expect(io.errors.at(-1)).toContain('is not an invite');
    },
  );
});
