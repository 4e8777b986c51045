import { Variables } from '@sotto/service/config';
import { COSIGNATURE, ED25519 } from '@sotto/tlog';
import { base64url } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import { LOG, ORIGIN, seed, vkey } from '../../../test/support/bundle-log.ts';
import { readConfig } from '../src/config.ts';
import { ROOT } from './support/running.ts';

const key = vkey(ORIGIN, ED25519, LOG);
const mirrored = { key, base: 20_788, roots: [base64url(ROOT)] };
const second = vkey('second.example', ED25519, seed(3));
const ENV = {
  WITNESS_NAME: 'mirror.example',
  WITNESS_KEY: base64url(Uint8Array.from({ length: 32 }, (_, i) => i)),
  OPERATOR_TOKEN: 'the-credential-of-the-operator',
  LOGS: JSON.stringify([mirrored]),
};
const read = (more: Readonly<Record<string, string>> = {}) =>
  readConfig(new Variables({ ...ENV, ...more }, { service: 'witness', platform: 'node' }));
const logs = (...rows: unknown[]) => ({ LOGS: JSON.stringify(rows) });

describe('configuration', () => {
  test('with base and roots it is a mirror, without them a witness', () => {
    expect(read()).toMatchObject({ name: 'mirror.example', isMirror: true });
    expect(read().logs.get(ORIGIN)?.bundles).toEqual({ base: 20_788, roots: [ROOT] });
    expect(read(logs({ key })).isMirror).toBe(false);
    expect([...read(logs({ key }, { key: second })).logs.keys()]).toEqual([ORIGIN, 'second.example']);
  });

  test.each([
    ['WITNESS_NAME', { WITNESS_NAME: 'two words' }],
    ['WITNESS_NAME', { WITNESS_NAME: 'a+b' }],
    ['WITNESS_KEY', { WITNESS_KEY: 'short' }],
    ['OPERATOR_TOKEN', { OPERATOR_TOKEN: '' }],
    ['LOGS', { LOGS: '' }],
    ['LOGS', logs()],
    ['LOGS[0].key', logs({})],
    ['LOGS[0].key', logs({ key: 'x' })],
    ['LOGS[0].key', logs({ key: vkey(ORIGIN, COSIGNATURE, LOG) })],
    ['LOGS[1].key', logs({ key }, { key })],
    ['LOGS', logs({ key }, { key: vkey(ORIGIN, ED25519, seed(3)) })],
    ['LOGS', logs(mirrored, { key: second })],
    ['LOGS[0].base', logs({ key, roots: mirrored.roots })],
    ['LOGS[0].base', logs({ ...mirrored, base: -1 })],
    ['LOGS[0].roots', logs({ ...mirrored, roots: [] })],
    ['LOGS[0].roots[0]', logs({ ...mirrored, roots: ['x'] })],
    ['LOGS[0].roots[0]', logs({ ...mirrored, roots: [base64url(new Uint8Array(32))] })],
  ])('%s is named when it is wrong (%j)', (path, change) => {
    expect(() => read(change)).toThrow(expect.objectContaining({ name: 'ConfigError', path }));
  });
});
