import { webcryptoHpke } from '@sotto/ohttp/webcrypto';
import { ecdhVoprf } from '@sotto/voprf/ecdh';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-workerd';
import archive from '../../services/stickers/catalogue/built/catalogue.bin';
import art from '../../services/stickers/catalogue/built/art.bin';
import miniSearch from './dist/minisearch.bin';
import { measure } from './measure.ts';
import type { Platform } from './platform.ts';
import { allRows } from './rows/all.ts';

const { subtle } = crypto;

/** What the Workers' entry files choose. */
async function workerdPlatform(): Promise<Platform> {
  const mine = await subtle.generateKey('X25519', false, ['deriveBits']);
  const peers = await subtle.generateKey('X25519', true, ['deriveBits']);
  const raw = await subtle.exportKey('raw', peers.publicKey);
  return {
    runtime: 'workerd',
    hpke: webcryptoHpke(subtle),
    ristretto255: sodiumVoprf(await loadSodium()),
    p384: ecdhVoprf(subtle),
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    x25519: async () => {
      const publicKey = await subtle.importKey('raw', raw, { name: 'X25519' }, false, []);
      const algorithm = { name: 'X25519', public: publicKey } as never;
      return subtle.deriveBits(algorithm, mine.privateKey, 256);
    },
  };
}

let rows: ReturnType<typeof allRows> | undefined;

/** `/` names the rows; `/?row=N` measures one. */
export default {
  async fetch(request: Request): Promise<Response> {
    rows ??= allRows(await workerdPlatform(), {
      archive: new Uint8Array(archive),
      art: new Uint8Array(art),
      peer: new TextDecoder().decode(miniSearch),
    });
    const all = await rows;
    const index = new URL(request.url).searchParams.get('row');
    if (index === null) return Response.json(all.map(({ name, peer }) => ({ name, peer })));
    const row = all[Number(index)];
    if (row === undefined) return new Response(null, { status: 404 });
    return Response.json(await measure(row, () => performance.now()));
  },
};
