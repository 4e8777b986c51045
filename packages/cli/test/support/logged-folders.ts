import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodeLoggedBundle } from '@sotto/bundle';
import { Variables } from '@sotto/service/config';
import { base64url, type Bytes } from '@sotto/wire';
import { readConfig } from '../../../../services/witness/src/config.ts';
import { memoryStore } from '../../../../services/witness/test/support/memory-store.ts';
import { startApp } from '../../../../services/witness/test/support/running.ts';
import { seed } from '../../../../test/support/bundle-log.ts';
import { run } from '../../src/run.ts';
import { CLOCK } from './clock.ts';
import type { TestIo } from './io.ts';
import { DAY, FakeGateway } from './witnessed.ts';

export const WITNESS = 'https://witness.a.test';
export const ORIGIN = 'bundles.b.test';
/** The epoch of the fixed clock. */
export const NOW = Math.floor(CLOCK / DAY);

/** The commands that make both folders, with a log and its mirror. */
export const INIT_B =
  `init b b --gateway https://gateway.b.test --issuer https://issuer.b.test --root-secret root.secret --log ${ORIGIN}`.split(
    ' ',
  );
export const INIT_A =
  `init a a --invite b/invite.json --relay https://relay.a.test --witness ${WITNESS}`.split(' ');
const SIGN = 'bundle sign --config b --root-secret root.secret --log b.log --log-secret b.log.secret'.split(
  ' ',
);

type Witness = ReturnType<typeof startApp>['app'];

/** What operators A and B have after `sotto init` with a log, and its witness on the network of `io`. Needs the fixed clock. */
export class LoggedFolders {
  readonly gateway: FakeGateway;
  readonly #io: TestIo;
  #witness: Witness | null;

  constructor(io: TestIo, gateway = new FakeGateway(), witness: Witness | null = null) {
    this.#io = io;
    this.gateway = gateway;
    this.#witness = witness;
    mkdirSync(io.cwd, { recursive: true });
    writeFileSync(this.file('root.secret'), base64url(seed(7)), { mode: 0o600 });
    gateway.offer(NOW, NOW + 2);
    io.routes['http://127.0.0.1:8806/operator/bundles'] = gateway.route;
    const others = io.fetch;
    const network: typeof fetch = (input, options) => {
      const url = new URL(input instanceof Request ? input.url : input);
      if (url.origin !== WITNESS || this.#witness === null || url.pathname === '/health')
        return others(input, options);
      return Promise.resolve(this.#witness.fetch(new Request(url, options)));
    };
    Object.assign(io, { fetch: network });
  }

  /** The same folders on another terminal, with the same witness and a copy of what the gateway has. */
  on(io: TestIo): LoggedFolders {
    const gateway = new FakeGateway();
    for (const [epoch, row] of this.gateway.rows) gateway.rows.set(epoch, { ...row });
    return new LoggedFolders(io, gateway, this.#witness);
  }

  file = (name: string): string => path.join(this.#io.cwd, name);
  read = (name: string): string => readFileSync(this.file(name), 'utf8');

  /** Starts the witness from the files of operator A, with an empty store. */
  startWitness(): void {
    const listed = this.read('a/witness.env').trim().split('\n');
    const pairs = listed.map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]);
    const files = ['WITNESS_KEY', 'LOGS', 'OPERATOR_TOKEN'].map((name) => [
      name,
      this.read(`a/witness/${name}`).trim(),
    ]);
    const given = Object.fromEntries([...pairs, ...files]) as Record<string, string>;
    const config = readConfig(new Variables(given, { service: 'witness', platform: 'node' }));
    this.#witness = startApp(memoryStore(), { config }).app;
  }

  stopWitness(): void {
    this.#witness = null;
  }

  /** Signs and logs as operator B, with the policy of operator A. Returns the exit status. */
  async sign(...more: readonly string[]): Promise<number> {
    writeFileSync(this.file('b.log/policy'), this.read('a/policy'));
    return run([...SIGN, ...more], this.#io);
  }

  /** What the gateway serves for an epoch. */
  logged(epoch = NOW): Bytes {
    const signed = this.gateway.signed(epoch);
    return encodeLoggedBundle({ signed, proof: this.gateway.rows.get(epoch)?.proof ?? '' });
  }
}
