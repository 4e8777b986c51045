import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { concat, EMPTY, hex, uint, utf8, vector } from '@sotto/wire';
import {
  bundleDigest,
  decodeBundle,
  decodeSignedBundle,
  encodeBundle,
  encodeSignedBundle,
  rootPublicKey,
  signBundle,
} from '@sotto/bundle';
import { bundleOf, ROOT_SECRET } from './support.ts';

const SPEC = readFileSync(path.join(import.meta.dirname, '../../../specs/bundle.md'), 'utf8');

test('the example of specs/bundle.md, byte for byte', () => {
  const suites = vector(2, concat(uint(2, 1), uint(2, 1)));
  const key = concat(uint(1, 0), uint(2, 0x20), new Uint8Array(32).fill(0xaa), suites);
  const [service] = bundleOf().services;
  const bundle = bundleOf({
    suite: { kemId: 0x20, kdfId: 1, aeadId: 1 },
    keyConfigs: vector(2, key),
    directory: utf8('{"issuer-request-uri":"/token-request","token-keys":[]}'),
    services: service === undefined ? [] : [service],
    nextRoot: EMPTY,
  });
  const encoded = encodeBundle(bundle);
  const signed = encodeSignedBundle({ bundle: encoded, signature: signBundle(encoded, ROOT_SECRET) });
  const printed = SPEC.slice(SPEC.lastIndexOf('```\n0')).replaceAll(/[^0-9a-f]/g, '');
  expect(hex(signed)).toBe(printed);
  expect(SPEC).toContain(hex(rootPublicKey(ROOT_SECRET)));
  expect(SPEC).toContain(hex(bundleDigest(encoded)));
  expect(decodeBundle(decodeSignedBundle(signed).bundle)).toEqual(bundle);
});
