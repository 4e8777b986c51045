/** An issuer with one key: multiplies what it is given by its secret, and writes one row for each token and each batch. */
import { loadSodium } from '@sotto/voprf/sodium-workerd';
import { DurableObject, WorkerEntrypoint } from 'cloudflare:workers';
import type { RedeemCall } from './gateway.ts';
import { CORS, NO_STORE, POINT, PREFIX, PROOF, quotaOf, SECRET_KEY, TOKENS, UNIFORM } from '../layout.ts';

interface Env {
  /** The attester's public JWK. */
  readonly ATTESTER: JsonWebKey;
  readonly LEDGER: DurableObjectNamespace<Ledger>;
  readonly QUOTA: DurableObjectNamespace<Quota>;
  readonly RESPONSE_TYPE: string;
}

type Bytes = Uint8Array<ArrayBuffer>;

const LEDGERS = 16; // as many as ours has for a key

const { raw: sodium } = await loadSodium();
const memory = new Uint8Array(sodium.memory.buffer);
const OUT = memory.length - 0x1_0000; // nothing else is there
const [A, B, DECODED, PRODUCT] = [OUT + 64, OUT + 128, OUT + 192, OUT + 352];

/** Copies inputs into libsodium's memory, runs one operation there, and copies an element out. */
function run(operation: () => number, a: Uint8Array, b = a): Bytes {
  memory.set(a, A);
  memory.set(b, B);
  if (operation() !== 0) throw new Error('libsodium refused an element');
  return memory.slice(OUT, OUT + POINT);
}

/** As libsodium's crypto_scalarmult_ristretto255 does it. */
const multiply = (scalar: Uint8Array, element: Uint8Array): Bytes =>
  run(
    () => {
      const refused = sodium.ristretto255_frombytes(DECODED, B);
      sodium.ge25519_scalarmult(PRODUCT, A, DECODED);
      sodium.ristretto255_p3_tobytes(OUT, PRODUCT);
      return refused;
    },
    scalar,
    element,
  );
function multiplyBase(scalar: Uint8Array): Bytes {
  return run(() => {
    sodium.ge25519_scalarmult_base(PRODUCT, A);
    sodium.ristretto255_p3_tobytes(OUT, PRODUCT);
    return 0;
  }, scalar);
}
const elementOf = (uniform: Uint8Array): Bytes =>
  run(() => sodium.crypto_core_ristretto255_from_hash(OUT, A), uniform);
const checkElement = (element: Uint8Array): Bytes =>
  run(() => sodium.ristretto255_frombytes(DECODED, A), element);

export class GatewayEntrypoint extends WorkerEntrypoint<Env> {
  async redeem({ token, tag, envelope }: RedeemCall): Promise<{ outcome: string; revision: number }> {
    const id = multiply(SECRET_KEY, elementOf(token.subarray(0, UNIFORM)));
    const ledger = this.env.LEDGER.getByName(`${(id[0] ?? 0) % LEDGERS}`);
    const visit = new Uint8Array(40);
    visit.set(envelope);
    const isFirst = await ledger.insert({ id, tag, visit });
    return { outcome: isFirst ? 'first' : 'spent', revision: 1 };
  }
}

/** Spent tokens: the columns that ours has. */
export class Ledger extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql
      .exec(`create table if not exists spent (ledger integer not null, id blob not null, tag blob not null,
      envelope1 blob not null, envelope2 blob, envelope3 blob, primary key (ledger, id))`);
  }

  insert({ id, tag, visit }: Record<'id' | 'tag' | 'visit', Bytes>): boolean {
    return written(
      this.ctx,
      'insert into spent values (0, ?, ?, ?, null, null) on conflict do nothing returning ledger',
      id,
      tag,
      visit,
    );
  }
}

/** Batches of accounts: the columns that ours has. */
export class Quota extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.storage.sql.exec(`create table if not exists quotas (epoch integer not null, account blob not null,
      service text not null, used integer not null, batches text not null, primary key (epoch, account, service))`);
  }

  charge({ account, batch }: { readonly account: Bytes; readonly batch: string }): boolean {
    return written(
      this.ctx,
      'insert into quotas values (0, ?, ?, ?, ?) on conflict do nothing returning used',
      account,
      'stickers',
      TOKENS,
      batch,
    );
  }
}

const written = ({ storage }: DurableObjectState, sql: string, ...values: unknown[]): boolean =>
  storage.sql.exec(sql, ...values).toArray().length === 1;

let attester: Promise<CryptoKey> | undefined;
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const key = await (attester ??= crypto.subtle.importKey('jwk', env.ATTESTER, ECDSA, false, ['verify']));
    const name = await nameOf(key, request.headers.get('authorization') ?? '');
    if (name === null) return new Response(null, { status: 401 });
    const body = new Uint8Array(await request.arrayBuffer());
    const elements = elementsAtEnd(body);
    for (const element of elements) checkElement(element);
    const account = new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(name)));
    const quota = env.QUOTA.getByName(`${quotaOf(account)}`);
    if (!(await quota.charge({ account, batch: 'ab'.repeat(16) })))
      return new Response(null, { status: 429 });
    const headers = { 'content-type': env.RESPONSE_TYPE, ...NO_STORE, ...CORS };
    return new Response(sign(elements), { headers });
  },
};

/** The subject of a JWT that the attester signed; null if it did not. */
async function nameOf(key: CryptoKey, authorization: string): Promise<string | null> {
  const [head = '', claims = '', signature = ''] = authorization.slice('Bearer '.length).split('.');
  const isSigned = await crypto.subtle.verify(
    ECDSA,
    key,
    fromBase64url(signature),
    utf8(`${head}.${claims}`),
  );
  return isSigned
    ? (JSON.parse(new TextDecoder().decode(fromBase64url(claims))) as { sub: string }).sub
    : null;
}

function elementsAtEnd(body: Bytes): Bytes[] {
  const start = body.length - TOKENS * POINT;
  return Array.from({ length: TOKENS }, (_, i) => body.subarray(start + i * POINT, start + (i + 1) * POINT));
}

/**
 * Multiplies every element by the secret. Then it multiplies one more element twice and the generator once, as a proof does. The
 * proof's sums over public values are left out, because their speed depends on the algorithm.
 */
function sign(elements: readonly Bytes[]): Bytes {
  const list = TOKENS * POINT;
  const response = new Uint8Array(PREFIX + list + PROOF);
  new DataView(response.buffer).setUint16(0, 0x4000 | list);
  for (const [i, element] of elements.entries())
    response.set(multiply(SECRET_KEY, element), PREFIX + i * POINT);
  const [one = new Uint8Array(POINT)] = elements;
  multiplyBase(SECRET_KEY);
  response.set(multiply(SECRET_KEY, one), PREFIX + list);
  response.set(multiply(SECRET_KEY, one), PREFIX + list + POINT);
  return response;
}

const utf8 = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;
const fromBase64url = (text: string): Bytes =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
