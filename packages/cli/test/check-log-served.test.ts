import { encodeLoggedBundle } from '@sotto/bundle';
import { ED25519 } from '@sotto/tlog';
import { describe, expect, test } from 'vitest';
import { seed, vkey } from '../../../test/support/bundle-log.ts';
import { change, faults, folders, found, io, key, useCheckedLog } from './support/checked-log.ts';
import { NOW, ORIGIN } from './support/logged-folders.ts';
import { bundleOf, DAY } from './support/witnessed.ts';

useCheckedLog();

describe('sotto check: faults of what is served', () => {
  const serve =
    (body: () => Uint8Array<ArrayBuffer> | null, status = 200) =>
    (): void => {
      io.routes['https://relay.a.test/bundle/2'] = () => new Response(body(), { status });
    };
  const proof = () => folders.gateway.rows.get(NOW)?.proof ?? '';
  const files = new Set(['a/policy', 'a/witness/LOGS']);
  const inBoth = (from: string | RegExp, to: string) => (): void => {
    for (const name of files) change(name, from, to);
  };
  test.each<[string, () => void, string]>([
    [
      'nothing with a proof',
      serve(() => null, 503),
      'HTTP 503: no bundle of this epoch has a proof. Run sotto',
    ],
    ['a bundle without a proof', serve(() => folders.gateway.signed(NOW)), 'is refused by clients (t'],
    [
      'another bundle with the proof of this one',
      serve(() => {
        const row = folders.gateway.rows.get(NOW);
        const [before, kept] = [row?.bundle, folders.logged()];
        if (row === undefined || before === undefined) return kept;
        Object.assign(row, { bundle: bundleOf(NOW, seed(9)), signature: null });
        folders.gateway.signAll();
        return encodeLoggedBundle({ signed: folders.gateway.signed(NOW), proof: proof() });
      }),
      'is not the one in the log',
    ],
    [
      'a proof without cosignatures',
      serve(() =>
        encodeLoggedBundle({
          signed: folders.gateway.signed(NOW),
          proof: proof().replace(/— witness.*\n/, ''),
        }),
      ),
      'has fewer cosignatures than the quorum of the policy needs. Give operator B this policy',
    ],
    [
      'a proof of another log',
      () => change('a/policy', /^log .*$/m, `log ${vkey(ORIGIN, ED25519, seed(9))}`),
      'has the proof of another log than the policy names',
    ],
    ['an index of another epoch', inBoth(/(base\D+)\d+/, `$1${NOW - 1}`), 'is in the log as another epoch'],
    [
      'a root that is not pinned',
      () => change('a/client.json', /"root": "[\w-]{4}/, '"root": "AAAA'),
      'is refused by clients (bad-signature)',
    ],
  ])('the relay: %s', async (_what, breakIt, message) => {
    breakIt();
    expect(faults(await found('a'))).toContain(message);
  });

  /** The policy of a log that replaces the one whose proofs the gateway has. */
  const replace = (base: number) => (): void => {
    change('b.log/policy', /^log .*$/m, `log ${vkey('new.example', ED25519, seed(9))}`);
    change('b.log/policy', /(base\D+)\d+/, `$1${base}`);
  };
  test.each<[string, () => void, string]>([
    [
      'proofs of another log',
      replace(NOW + 1),
      `keeps proofs of another log (${ORIGIN}) for epochs ${NOW + 1} to ${NOW + 2}, so clients with the policy of this log accept no bundle of them. A log that replaces another begins later: make it with sotto log init --base ${NOW + 3}`,
    ],
    [
      'text in place of a proof',
      () => Object.assign(folders.gateway.rows.get(NOW + 1) ?? {}, { proof: 'the proof' }),
      `clients with the policy refuse the proofs of the epochs ${NOW + 1}. Run sotto bundle sign --log again`,
    ],
    [
      'proofs without the cosignature of a new witness',
      () =>
        change(
          'b.log/policy',
          /^witness w1 .*$/m,
          `witness w1 ${key('two.example', 62)} https://two.example`,
        ),
      `refuse the proofs of the epochs ${NOW}, ${NOW + 1}, ${NOW + 2}.`,
    ],
  ])('the gateway: %s', async (_what, breakIt, message) => {
    breakIt();
    expect(faults(await found('b'))).toContain(message);
  });

  test('a new log that begins after the proofs of another: a warning names the epoch from which clients accept bundles', async () => {
    replace(NOW + 3)();
    const lines = await found('b');
    expect(faults(lines)).not.toMatch(/proofs at the gateway|gateway serves/);
    const from = new Date((NOW + 3) * DAY * 1000).toISOString().replace('.000', '');
    expect(lines.find((line) => line.includes('gateway serves'))).toMatch(
      new RegExp(
        `^warning .*begins with epoch ${NOW + 3}: until ${from}, clients with this policy accept no`,
      ),
    );
  });

  test.each([
    ['a page', () => new Response('<html>')],
    ['an object', () => Response.json({})],
    ['no operator route', () => new Response('', { status: 404 })],
  ])('the gateway: %s in place of its bundles cannot be told', async (_what, response) => {
    io.routes['http://127.0.0.1:8806/operator/bundles'] = response;
    expect((await found('b')).join('\n')).toMatch(
      /cannot tell\s+the proofs at the gateway are of this log: http:\/\/127\.0\.0\.1:8806\/operator\/bundles gives no list/,
    );
  });

  test('the last checkpoint of the witness ended, and the bundle has expired', async () => {
    const lines = faults(await found('b', 4));
    expect(lines).toContain('its last checkpoint is too old: it ends at ');
    expect(lines).toContain('the bundle has expired');
    expect(faults(await found('b', 2))).toContain('the bundle has expired');
    expect(faults(await found('b', 2))).not.toContain('too old');
  });

  test('a witness that serves the log of another key, cosigns with another key, or serves a page', async () => {
    change('b.log/policy', /(witness\.a\.test)\+\S+/, key('witness.a.test', 8));
    expect(faults(await found('b'))).toContain('cosigns with another key than the policy has for it');
    change('b.log/policy', /^log .*$/m, `log ${vkey(ORIGIN, ED25519, seed(9))}`);
    expect(faults(await found('b'))).toContain('of the policy did not sign. Correct LOGS of the witness');
    folders.stopWitness();
    Object.assign(io, { fetch: async () => new Response('<html>') });
    expect(faults(await found('b'))).toContain('serves something that is not a checkpoint');
    Object.assign(io, { fetch: async () => new Response('', { status: 500 }) });
    expect(faults(await found('b'))).toContain('HTTP 500: look at its readiness and its store');
    Object.assign(io, { fetch: async () => new Response('', { status: 404 }) });
    expect((await found('b')).join('\n')).toContain('cannot tell  the witness https://witness.a.test has');
  });
});
