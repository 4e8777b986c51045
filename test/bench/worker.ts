import { webcryptoHpke } from '@sotto/ohttp/webcrypto';
import { ecdhVoprf } from '@sotto/voprf/ecdh';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-workerd';
import archive from '../../services/stickers/catalogue/built/catalogue.bin';
import art from '../../services/stickers/catalogue/built/art.bin';
import miniSearch from './dist/minisearch.bin';
import { contestantsOf, groupsOf, runCase } from './measure.ts';
import type { Cases, Row } from './row.ts';
import { ristrettoProduct, type Platform } from './platform.ts';
import { allRows } from './rows/all.ts';

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

let rows: ReturnType<typeof allRows> | undefined;

const known = new Map<Row, Cases | null>();
function casesOf(row: Row): Cases | null {
  const cases = known.get(row) ?? row.cases?.() ?? null;
  known.set(row, cases);
  return cases;
}

/**
 * `/` names the rows. With `?row=N`: alone, it checks one; with `who` and `times`, it runs a contestant so
 * often, while the caller measures the CPU time; with `of` and `case`, one of the row's cases. `?gc=minor` and
 * `?gc=major` collect garbage.
 */
export default {
  async fetch(request: Request): Promise<Response> {
    rows ??= allRows(await workerdPlatform(), {
      archive: new Uint8Array(archive),
      art: new Uint8Array(art),
      peer: new TextDecoder().decode(miniSearch),
    });
    const all = await rows;
    const asked = new URL(request.url).searchParams;
    const garbage = asked.get('gc');
    if (garbage !== null) {
      (globalThis as unknown as { gc(options: { type: string }): void }).gc({ type: garbage });
      return new Response(null, { status: 204 });
    }
    const row = all[Number(asked.get('row') ?? -1)];
    if (row === undefined) return Response.json(all.map(({ name, peer }) => ({ name, peer })));
    const cases = casesOf(row);
    const of = asked.get('of');
    if (cases !== null && (of === 'ours' || of === 'theirs')) {
      await runCase(cases)(of, Number(asked.get('case')), Number(asked.get('times')));
      return new Response(null, { status: 204 });
    }
    const contestants = contestantsOf(row);
    if (!asked.has('who')) {
      await row.check();
      return Response.json({
        contestants: contestants.length,
        cases: cases && { share: cases.share, groups: groupsOf(cases) },
      });
    }
    await contestants[Number(asked.get('who'))]?.(Number(asked.get('times')));
    return new Response(null, { status: 204 });
  },
};
