import { expect, test } from 'vitest';
import { Taps } from '../src/taps/taps.ts';

const request = (startLine: string) => ({
  startLine,
  fields: [['authorization', 'Bearer a.eyJzdWIiOiJhbm5hIn0.c']] as const,
  body: Buffer.from('{"q":"cat"}'),
  address: '203.0.113.7 port 1',
});

/** A whole search: tokens are issued, and one of them is redeemed. */
function search(taps: Taps, nonce: string): void {
  taps.toIssuer(request('POST /token-request HTTP/1.1'));
  taps.toRelay(request('POST /ohttp HTTP/1.1'));
  taps.toGateway(request('POST /.well-known/ohttp-gateway HTTP/1.1'));
  taps.redeemed({ service: 'stickers', nonce, tokenKeyId: '', outcome: 'first' });
  taps.toStickers(request('POST /search HTTP/1.1'));
}

test('N44 taps: report the messages that each party received of a search', () => {
  const taps = new Taps();
  search(taps, 'first-nonce-1234');
  const { relay, gateway, stickers, issuer } = taps.report();
  expect([relay, gateway, stickers, issuer].every((view) => view !== undefined)).toBe(true);
  expect(JSON.stringify(issuer)).toContain('first-nonce-1234');
});

test('N44 taps: a search that is refused shows no fact of an earlier one', () => {
  const taps = new Taps();
  search(taps, 'first-nonce-1234');
  const { sequence } = taps.report();
  taps.toIssuer(request('POST /token-request HTTP/1.1')); // refused for quota
  const report = taps.report(sequence);
  expect(Object.keys(report).toSorted()).toEqual(['issuer', 'sequence']);
  expect(JSON.stringify(report)).toContain('anna');
  expect(JSON.stringify(report)).not.toContain('nonce');
  expect(JSON.stringify(taps.report(report.sequence))).toBe(`{"sequence":${report.sequence}}`);
});

test('N44 taps: a search that reaches only the relay or the gateway shows nothing of the service', () => {
  const taps = new Taps();
  search(taps, 'first-nonce-1234');
  const { sequence } = taps.report();
  taps.toRelay(request('POST /ohttp HTTP/1.1'));
  expect(Object.keys(taps.report(sequence)).toSorted()).toEqual(['relay', 'sequence']);
  taps.toGateway(request('POST /.well-known/ohttp-gateway HTTP/1.1'));
  const report = taps.report(sequence);
  expect(Object.keys(report).toSorted()).toEqual(['gateway', 'relay', 'sequence']);
  expect(JSON.stringify(report.gateway)).not.toContain('cat');
});
