import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { aesKeyWrap } from '@sotto/service/keys';
import { groupCommit } from '@sotto/service/sqlite';
import { openMemory, type DatabaseFile } from '@sotto/service/sqlite/file';
import { operatorStores } from '@sotto/service/sqlite/operator';
import type { Voprf, VoprfSuiteId } from '@sotto/voprf';
import { nodeEcdhVoprf } from '@sotto/voprf/ecdh-node';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';
import type { RedemptionCall, RedemptionOutcome } from '@sotto/redemption';
import type { Bytes, Random } from '@sotto/wire';
import { app } from '../../src/app.ts';
import { operatorRoutes } from '../../src/operator.ts';
import { byTokenType, Issuer, type IssuerDeps } from '../../src/issuer.ts';
import { ISSUER_FILE, sqliteKeys, sqliteQuota, sqliteSpentTokens } from '../../src/node/ports.ts';
import { StoreRevision } from '../../src/store-revision.ts';
import { accountToken } from './account.ts';
import { testConfig } from './config.ts';
import { ISSUER_VARIABLES } from './variables.ts';
import { blindBatch, currentKey, random } from './wallet.ts';

export const DAY = 86_400;
export const START = 1_800_000_000 - (1_800_000_000 % DAY); // an epoch's start

/** The implementations that the entry file on Node chooses. The clients of the tests use noble's. */
export const VOPRF: Readonly<Record<VoprfSuiteId, Voprf>> = {
  'ristretto255-SHA512': sodiumVoprf(await loadSodium()),
  'P384-SHA384': nodeEcdhVoprf(),
};

export interface WorldOptions {
  readonly vars?: Readonly<Record<string, string>>;
  readonly database?: DatabaseFile;
  readonly clock?: { now: number };
  /** The issuer's: of its keys and nonces. The system's unless given. */
  readonly random?: Random;
  /** The clock itself unless given. */
  readonly settledNow?: () => number | null;
  readonly deps?: (deps: IssuerDeps) => Partial<IssuerDeps>;
}

/** As many tokens as were requested; a test knows their number. */
export type Tokens = readonly [Bytes, Bytes, Bytes, Bytes, Bytes, ...Bytes[]];

/** An issuer over SQLite, with a clock that a test sets. */
export class World {
  readonly clock: { now: number };
  readonly database: DatabaseFile;
  readonly issuer: Issuer;
  readonly #routes: ReturnType<typeof app>;

  constructor(options: WorldOptions = {}) {
    const { vars = {}, database, clock, settledNow, deps = () => ({}) } = options;
    this.clock = clock ?? { now: START + 1000 };
    this.database = database ?? openMemory(ISSUER_FILE);
    const config = testConfig(vars);
    const now = (): number => this.clock.now;
    const store = groupCommit(this.database, async (milliseconds) => sleep(milliseconds));
    const system = {
      now,
      settledNow: settledNow ?? now,
      random: options.random ?? random,
      date: (seconds: number) => new Date(seconds * 1000),
      pause: async () => turn(),
    };
    const wrap = aesKeyWrap(crypto.subtle, config.wrappingKeys, random);
    const authority = sqliteKeys({ config, system, wrap, voprf: byTokenType(VOPRF), ...store });
    const revision = new StoreRevision(() => authority.revision());
    const all: IssuerDeps = {
      config,
      system,
      fetch: async () => new Response(null, { status: 404 }),
      voprf: VOPRF,
      wrap,
      authority,
      quota: sqliteQuota(store, { now, epochSeconds: config.epochSeconds }),
      spent: sqliteSpentTokens(store, now, (spent) => revision.observe(spent)),
      revision,
      ...operatorStores(store),
    };
    this.issuer = new Issuer({ ...all, ...deps(all) });
    this.#routes = app(this.issuer).route('/', operatorRoutes(this.issuer));
  }

  async fetch(path: string, init?: RequestInit): Promise<Response> {
    return this.#routes.fetch(new Request(`https://issuer.example${path}`, init));
  }

  async directory(): Promise<Bytes> {
    const response = await this.fetch('/.well-known/private-token-issuer-directory');
    return new Uint8Array(await response.arrayBuffer());
  }

  async bearer(account: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
    return accountToken(account, { now: this.clock.now, more });
  }

  async post(contentType: string, body: Bytes, account = 'ada'): Promise<Response> {
    const headers = { 'content-type': contentType, authorization: `Bearer ${await this.bearer(account)}` };
    return this.fetch('/token-request', { method: 'POST', headers, body });
  }

  async blind(
    count: number,
    service = 'stickers',
    type: 1 | 5 = 5,
    kind: 'single' | 'amortized' = 'amortized',
  ) {
    const key = currentKey(await this.directory(), service, type, this.clock.now);
    return { key, pending: await blindBatch(key, count, { kind }) };
  }

  /** Requests tokens as a client does. */
  async draw(
    count: number,
    {
      account = 'ada',
      service = 'stickers',
      type = 5,
    }: { account?: string; service?: string; type?: 1 | 5 } = {},
  ): Promise<Tokens> {
    const { pending } = await this.blind(count, service, type);
    const response = await this.post(pending.contentType, pending.request, account);
    if (response.status !== 200) throw new Error(`HTTP ${response.status}`);
    return (await pending.finish(new Uint8Array(await response.arrayBuffer()))) as readonly Bytes[] as Tokens;
  }

  async redeem(token: Bytes | undefined, more: Partial<RedemptionCall> = {}): Promise<RedemptionOutcome> {
    if (token === undefined) throw new Error('no such token');
    return this.outcomeOf({ ...redemption(token), ...more });
  }

  async outcomeOf(call: RedemptionCall): Promise<RedemptionOutcome> {
    return (await this.issuer.redeem(call)).outcome;
  }

  /** Rows of the ledgers. */
  spentRows(): number {
    return this.database.db.all<{ n: number }>('select count(*) as n from spent_tokens')[0]?.n ?? -1;
  }

  used(): number {
    const [row] = this.database.db.all<{ n: number | null }>('select sum(used) as n from quotas');
    return row?.n ?? 0;
  }

  operator(path: string, method = 'GET', body?: string): Promise<Response> {
    const authorization = `Bearer ${ISSUER_VARIABLES['OPERATOR_TOKEN']}`;
    return this.fetch(path, { method, headers: { authorization }, ...(body !== undefined && { body }) });
  }
}

/** A call of the gateway with a tag and an envelope of its own. */
export function redemption(token: Bytes): RedemptionCall {
  return {
    service: 'stickers',
    token,
    tag: random(32),
    envelope: random(32),
    idempotent: true,
    knownRevision: 0,
  };
}

/** The status, and the code of a problem: everything in a refusal. */
export async function told(response: Response): Promise<readonly [number, string]> {
  return [response.status, await response.text()];
}

export const PROBLEM = (status: number, code: string, title: string): readonly [number, string] => [
  status,
  JSON.stringify({ type: 'about:blank', title, status, code }),
];

export const UNPROCESSABLE = PROBLEM(422, 'unprocessable-content', 'Unprocessable Content');
