import { webcryptoHpke } from '@sotto/ohttp/webcrypto';
import { ecdhVoprf } from '@sotto/voprf/ecdh';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-workerd';
import archive from '../../services/stickers/catalogue/built/catalogue.bin';
import art from '../../services/stickers/catalogue/built/art.bin';
import miniSearch from './dist/minisearch.bin';
import { caseListOf, contestantsOf, runCase } from './measure.ts';
import { ristrettoProduct, type Platform } from './platform.ts';
import { rowAt } from './rows/all.ts';

const { subtle } = crypto;
const P384 = { name: 'ECDH', namedCurve: 'P-384' };

/** The implementations that the Workers' entry files choose. */
async function workerdPlatform(): Promise<Platform> {
  const mine = await subtle.generateKey('X25519', false, ['deriveBits']);
  const peers = await subtle.generateKey('X25519', true, ['deriveBits']);
  const raw = await subtle.exportKey('raw', peers.publicKey);
  const [scalar, point] = await Promise.all([
    subtle.generateKey(P384, false, ['deriveBits']),
    subtle.generateKey(P384, false, ['deriveBits']),
  ]);
  const ecdh = { name: 'ECDH', public: point.publicKey };
  const sodium = await loadSodium();
  return {
    hpke: webcryptoHpke(subtle),
    ristretto255: sodiumVoprf(sodium),
    p384: ecdhVoprf(subtle),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    x25519: async () => {
      const publicKey = await subtle.importKey('raw', raw, { name: 'X25519' }, false, []);
      return subtle.deriveBits({ name: 'X25519', public: publicKey }, mine.privateKey, 256);
    },
    product: { r255: ristrettoProduct(sodium), p384: () => subtle.deriveBits(ecdh, scalar.privateKey, 384) },
  };
}

async function opened(group: string, index: number) {
  const row = await rowAt({ group, index }, await workerdPlatform(), {
    archive: new Uint8Array(archive),
    art: new Uint8Array(art),
    peer: new TextDecoder().decode(miniSearch),
  });
  await row.check();
  const cases = row.cases?.() ?? null;
  const isOneCall = row.isOneCall === true;
  return { cases, contestants: contestantsOf(row), isOneCall };
}

let row: ReturnType<typeof opened> | undefined;

/**
 * `/?group=G&index=N` opens and checks the one row that this isolate runs. After that, `/?who=N&times=N` runs a
 * contestant so often, while the caller measures the CPU time; with `of` and `case`, one of the row's cases.
 * `/?gc=minor` collects garbage.
 */
export default {
  async fetch(request: Request): Promise<Response> {
    const asked = new URL(request.url).searchParams;
    const garbage = asked.get('gc');
    if (garbage !== null) {
      (globalThis as unknown as { gc(options: { type: string }): void }).gc({ type: garbage });
      return new Response(null, { status: 204 });
    }
    row ??= opened(asked.get('group') ?? '', Number(asked.get('index')));
    const { cases, contestants, isOneCall } = await row;
    const of = asked.get('of');
    const times = Number(asked.get('times'));
    if (of === 'ours' || of === 'theirs') await runCase(cases)(of, Number(asked.get('case')), times);
    else if (asked.has('who')) await contestants[Number(asked.get('who'))]?.(times);
    else {
      const about = { contestants: contestants.length, isOneCall, cases: cases && caseListOf(cases) };
      return Response.json(about satisfies AboutRow);
    }
    return new Response(null, { status: 204 });
  },
};

/** What the caller needs to know of the row. */
export interface AboutRow {
  readonly contestants: number;
  readonly isOneCall: boolean;
  readonly cases: ReturnType<typeof caseListOf> | null;
}
