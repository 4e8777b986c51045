import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import { rootPublicKey } from '@sotto/bundle';
import { base64url } from '@sotto/wire';
import { Variables } from '@sotto/service/config';
import { VARIABLES, type Variable } from '@sotto/service/variables';
import { readConfig } from '../services/gateway/src/config.ts';
import { readAttesters } from '../services/issuer/src/attest/attester-config.ts';
import { SERVICES } from '../services/local/src/workers.ts';
import { blocksOf, documentText } from './support/documents.ts';

const root = path.resolve(import.meta.dirname, '..');
const DOCUMENTS = [
  'README.md',
  'docs/tutorial.md',
  'docs/explanation/privacy.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'specs/deployment.md',
  'specs/threat-model.md',
  'specs/storage.md',
  'specs/scale.md',
  'specs/bundle.md',
];
const shipped = readFileSync(path.join(root, 'wrangler.toml'), 'utf8');
const folder = mkdtempSync(path.join(tmpdir(), 'sotto-documents-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * The shipped file with a documented block applied as documented: each key replaces its line in the table, or
 * joins it.
 */
function applied(block: string): string {
  const [, table = ''] = /^# wrangler\.toml, in \[([\w.]+)\]/.exec(block) ?? [];
  const start = shipped.indexOf(`[${table}]`);
  if (table === '' || start < 0)
    throw new Error(`the block does not say where it belongs: ${block.slice(0, 60)}`);
  const end = shipped.indexOf('\n[', start);
  let section = shipped.slice(start, end < 0 ? undefined : end);
  for (const line of block.split('\n').filter((one) => /^\w+ = /.test(one))) {
    const key = line.slice(0, line.indexOf(' '));
    const old = new RegExp(`^${key} = .*$`, 'm');
    section = old.test(section)
      ? section.replace(old, () => line)
      : section.replace('\n', () => `\n${line}\n`);
  }
  return shipped.slice(0, start) + section + (end < 0 ? '' : shipped.slice(end));
}

function parsed(toml: string): ReturnType<typeof unstable_readConfig>[] {
  const file = path.join(folder, 'wrangler.toml');
  writeFileSync(file, toml);
  return SERVICES.map((env) => unstable_readConfig({ config: file, env }, { hideWarnings: true }));
}

describe('N50 configuration in documents', () => {
  const tomls = DOCUMENTS.flatMap(blocksOf).filter(({ language }) => language === 'toml');

  test.each(tomls)('N50 $document:$line: the TOML block fits the shipped wrangler.toml', ({ text }) => {
    expect(parsed(shipped)).toHaveLength(4);
    const changed = applied(text);
    expect(changed).not.toBe(shipped);
    expect(parsed(changed)).toHaveLength(4);
  });

  test('N50 wrangler.toml: the documented limiter takes the place of the shipped one', () => {
    const block = tomls.find(({ text }) => text.includes('LIMITER'))?.text ?? '';
    const [relay] = parsed(applied(block));
    expect(relay?.ratelimits).toEqual([
      { name: 'LIMITER', namespace_id: '1001', simple: { limit: 60, period: 60 } },
    ]);
  });

  test('N50 wrangler.toml: refuses a second table, as an earlier document had it', () => {
    const second = '\n[[env.relay.ratelimits]]\nname = "LIMITER"\nnamespace_id = "1001"\n';
    expect(() => parsed(shipped + second)).toThrow(/ratelimits|redefine|TOML/i);
  });

  const jsons = DOCUMENTS.flatMap(blocksOf).filter(({ language }) => language === 'json');
  test.each(jsons)(
    'N50 $document:$line: the JSON block is accepted by the service that reads it',
    ({ text }) => {
      const value: unknown = JSON.parse(text);
      const accepted = Array.isArray(value)
        ? attesterCount(text) === value.length
        : serviceNames(text).length === 1;
      expect(accepted).toBe(true);
    },
  );
});

function attesterCount(text: string): number {
  const variables = new Variables({ ATTESTERS: text }, { service: 'issuer', platform: 'node' });
  return readAttesters(variables.json('ATTESTERS'), false).length;
}

function serviceNames(row: string): string[] {
  const random = (): string => base64url(new Uint8Array(randomBytes(32)));
  const variables = {
    SERVICES: `[${row}]`,
    ROOT: base64url(rootPublicKey(new Uint8Array(32))),
    RELAY_TOKEN: random(),
    OPERATOR_TOKEN: random(),
    KEY_WRAPPING_KEY: random(),
    PROVIDER: 'operator-b',
  };
  const { services } = readConfig(new Variables(variables, { service: 'gateway', platform: 'node' }));
  return services.map(({ name }) => name);
}

describe('N50 names in documents', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
    scripts: object;
  };

  test.each(DOCUMENTS)('N50 %s: every npm script that it names exists', (document) => {
    const named = [...documentText(document).matchAll(/\bnpm (?:run )?([a-z][\w:]*)/g)].map(
      ([, name = '']) => name,
    );
    const builtIn = new Set(['ci', 'install', 'packages', 'registry', 'and', 'are']);
    expect(named.filter((name) => !builtIn.has(name) && !Object.hasOwn(scripts, name))).toEqual([]);
  });

  test.each(DOCUMENTS)('N50 %s: every file that it names exists', (document) => {
    const folders = ['', path.dirname(document), 'specs', 'specs/decisions', 'services/gateway'];
    const pattern = /`((?:[\w.-]+\/)+[\w.-]+\.\w+|[\w.-]+\.md)`/g;
    const named = Array.from(documentText(document).matchAll(pattern), ([, file = '']) => file);
    const placeholder = /\b[A-Z]{4,}\.(json|txt|bin)$/; // NAME.json, LANGUAGE.txt
    const missing = named.filter(
      (file) => !placeholder.test(file) && !folders.some((from) => existsSync(path.join(root, from, file))),
    );
    expect(missing).toEqual([]);
  });

  test('N50 deployment.md: every variable that it names is declared', () => {
    const text = documentText('specs/deployment.md');
    const known = new Set([
      ...Object.keys(VARIABLES),
      ...Object.entries<Variable>(VARIABLES)
        .filter(([, { type, secret }]) => secret === true || type === 'json')
        .map(([name]) => `${name}_FILE`),
      'LIMITER',
      'KEY',
      'NODE_EXTRA_CA_CERTS',
      'SOTTO_LIVE_RELAY',
    ]);
    const named = new Set(
      [...text.matchAll(/`([A-Z][A-Z\d_]{2,})(?:=[^`]*)?`/g)].map(([, name = '']) => name),
    );
    expect([...named].filter((name) => !known.has(name))).toEqual([]);
    expect(named.size).toBeGreaterThan(30);
  });
});
