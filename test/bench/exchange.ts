import type { Bytes } from '@sotto/wire';
import { decodeToken, tokenAuthenticatorInput } from '@sotto/privacypass';
import { startSuite } from '../../services/local/src/suite.ts';
import { RawExchange } from '../support/raw-exchange.ts';
import { childNamed, clockOf } from './cpu-clock.ts';
import { median } from './measure.ts';
import { nodePlatform } from './node-platform.ts';

const SEARCHES = 60;
const AT_ONCE = 8;

/** One private search through four live services, whole and in parts; microseconds. */
export async function exchangeFigures(): Promise<[name: string, microseconds: number][]> {
  const suite = await startSuite();
  try {
    const raw = await RawExchange.of(suite);
    const tokens: Bytes[] = [];
    for (let i = 0; i < 6; i++) tokens.push(...(await raw.draw(`bench ${i}`)));
    const take = (): Bytes => tokens.pop() as Bytes;
    for (let i = 0; i < 10; i++) await raw.search(take(), 'warm');

    const whole = await medianOf(SEARCHES, async () => raw.search(take(), 'happy cat'));
    const search = await medianOf(SEARCHES, () =>
      fetch(`${suite.urls.stickers}/v1/search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"q":"happy cat"}',
      }).then((response) => response.arrayBuffer()),
    );
    // The same envelope again is refused at the ledger: all but the search and the answer's making.
    const spent = await raw.seal(raw.request(take(), 'spent'));
    await raw.post(spent);
    const refused = await medianOf(SEARCHES, () => raw.post(spent));
    const transport = await medianOf(SEARCHES, () =>
      fetch(`${suite.urls.relay}/health`).then((r) => r.text()),
    );
    const crypto = await cryptoOf(raw, take());

    const clock = clockOf(childNamed('workerd'));
    const spentBefore = clock();
    const began = performance.now();
    let left = SEARCHES;
    const work = async (): Promise<void> => {
      for (; left > 0; left--) await raw.search(take(), 'happy cat');
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const each = ((performance.now() - began) * 1000) / SEARCHES;
    const cpu = (clock() - spentBefore) / SEARCHES;
    return [
      ['e2e.search', whole],
      ['e2e.search.crypto', crypto],
      ['e2e.search.storage', Math.max(0, refused - crypto - 2 * transport)],
      ['e2e.search.search', Math.max(0, search - transport)],
      ['e2e.search.transport', 2 * transport],
      ['e2e.search.throughput', each],
      ['e2e.search.cpu', cpu], // of all four services and workerd around them
    ];
  } finally {
    await suite.dispose();
  }
}

async function medianOf(times: number, run: () => Promise<unknown>): Promise<number> {
  const each = [];
  for (let i = 0; i < times; i++) {
    const began = performance.now();
    await run();
    each.push((performance.now() - began) * 1000);
  }
  return median(each);
}

/** Sealing at the client, opening and answering at the gateway, one evaluation at the issuer. */
async function cryptoOf(raw: RawExchange, token: Bytes): Promise<number> {
  const { ristretto255, random } = await nodePlatform();
  const { secretKey } = ristretto255.generateKeyPair(random);
  const input = tokenAuthenticatorInput(decodeToken(token));
  const seal = await medianOf(SEARCHES, () => raw.seal(raw.request(token, 'happy cat')));
  const evaluate = await medianOf(SEARCHES, async () => ristretto255.evaluate(secretKey, input));
  return 2 * seal + evaluate; // opening costs what sealing does
}
