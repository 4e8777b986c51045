import type { Bytes } from '@sotto/wire';
import { decodeToken, tokenAuthenticatorInput } from '@sotto/privacypass';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';
import { RawExchange } from '../support/raw-exchange.ts';
import { childNamed, clockOf } from './cpu-clock.ts';
import { median } from './measure.ts';
import { nodePlatform } from './node-platform.ts';

const SEARCHES = 60;
const AT_ONCE = 8;
const BATCHES = 8; // of 30 tokens

/** One private search through four live services, whole and in parts; microseconds. */
export async function exchangeFigures(): Promise<[name: string, microseconds: number][]> {
  const suite = await startSuite();
  try {
    const raw = await RawExchange.of(suite);
    const clock = clockOf(childNamed('workerd'));
    const tokens: Bytes[] = [];
    const beforeBatches = clock();
    for (let i = 0; i < BATCHES; i++) tokens.push(...(await raw.issue(`bench ${i}`)));
    const batch = (clock() - beforeBatches) / BATCHES;
    const take = (): Bytes => tokens.pop() as Bytes;
    for (let i = 0; i < 10; i++) await raw.search(take(), 'warm');

    const whole = await medianOf(SEARCHES, async () => raw.search(take(), 'happy cat'));
    const beforeSearch = clock();
    const search = await medianOf(SEARCHES, () =>
      fetch(`${suite.urls.stickers}/v1/search`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"q":"happy cat"}',
      }).then((response) => response.arrayBuffer()),
    );
    const searchCpu = (clock() - beforeSearch) / SEARCHES;
    // Sending the same envelope again is refused at the ledger: it has the cost of an exchange without the
    // search and the making of the response.
    const spent = await raw.seal(raw.request(take(), 'spent'));
    await raw.post(spent);
    const beforeRefused = clock();
    const refused = await medianOf(SEARCHES, () => raw.post(spent));
    const refusedCpu = (clock() - beforeRefused) / SEARCHES;
    const beforeDirect = clock();
    await medianOf(SEARCHES, () => pastRelay(suite, spent.bytes));
    const directCpu = (clock() - beforeDirect) / SEARCHES;
    const transport = await medianOf(SEARCHES, () =>
      fetch(`${suite.urls.relay}/health`).then((r) => r.text()),
    );
    const crypto = await cryptoOf(raw, take());

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
      ['e2e.search.cpu', cpu], // of all four services and their workerd
      ['e2e.search.cpu.relay', refusedCpu - directCpu],
      ['e2e.search.cpu.search', searchCpu],
      ['e2e.issue.cpu', batch], // with new quota objects
    ];
  } finally {
    await suite.dispose();
  }
}

/** Sends to the gateway directly, as the relay would. The difference is the cost of the relay. */
async function pastRelay({ urls, secrets }: Suite, envelope: Bytes): Promise<void> {
  const headers = { 'content-type': 'message/ohttp-req', authorization: `Bearer ${secrets.relayToken}` };
  const url = `${urls.gateway}/.well-known/ohttp-gateway`;
  const response = await fetch(url, { method: 'POST', headers, body: envelope });
  await response.arrayBuffer();
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

/** Sealing at the client, opening and sealing at the gateway, one evaluation at the issuer. */
async function cryptoOf(raw: RawExchange, token: Bytes): Promise<number> {
  const { ristretto255, random } = await nodePlatform();
  const { secretKey } = await ristretto255.generateKeyPair(random);
  const input = tokenAuthenticatorInput(decodeToken(token));
  const seal = await medianOf(SEARCHES, () => raw.seal(raw.request(token, 'happy cat')));
  const evaluate = await medianOf(SEARCHES, async () => ristretto255.evaluate(secretKey, input));
  return 2 * seal + evaluate; // opening costs as much as sealing
}
