import { describe, expect, test } from 'vitest';
import { documents, sources, written } from './support/sources.ts';

/** Who may import whom. The relay cannot import what opens an envelope: that is the point of it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'packages/wire': [],
  'packages/http': [],
  'packages/bhttp': ['wire'],
  'packages/ohttp': ['wire'],
  'packages/voprf': ['wire'],
  'packages/privacypass': ['wire', 'voprf'],
  'packages/bundle': ['wire'],
  'packages/client': ['wire', 'bhttp', 'ohttp', 'voprf', 'privacypass', 'bundle'],
  'packages/cli': ['client', 'wire', 'bhttp', 'ohttp', 'voprf', 'privacypass', 'bundle'],
  'packages/picker': ['client'],
  'services/relay': ['http'],
  'services/gateway': ['http', 'wire', 'bhttp', 'ohttp', 'privacypass', 'bundle'],
  'services/issuer': ['http', 'wire', 'voprf', 'privacypass'],
  'services/stickers': ['http'],
};

/** Files that choose clock, chance, network and storage. Everything else is handed them. */
const ENTRY = [
  /^services\/local\//,
  /^services\/\w+\/src\/(index|node)\.ts$/,
  /^packages\/client\/src\/(browser|node)\b/,
  /^packages\/(cli|picker)\//,
];
const IMPURE = /\bfetch\(|Date\.now|new Date\(\)|Math\.random|getRandomValues|console\.|performance\.now/;
const entry = (path: string): boolean => ENTRY.some((pattern) => pattern.test(path));

/** The text without comments, so that a word in a reason is no crime. */
const code = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');

describe('imports', () => {
  const housed = sources.filter(({ home }) => home !== 'services/local');
  test.each(housed)('$path imports only what its home may', ({ home, text }) => {
    const imported = [...text.matchAll(/(?:from|import)\s*\(?\s*'@sotto\/([^'/]+)/g)].map(([, name]) => name);
    const own = home.split('/')[1];
    const allowed = [...(MAY_IMPORT[home] ?? []), own];
    expect(imported.filter((name) => !allowed.includes(name))).toEqual([]);
  });

  test.each(housed)('$path reaches into no other home by a relative path', ({ path, home, text }) => {
    const up = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.\.?\/[^']+)'/g)].map(([, to]) => to ?? '');
    const outside = up.filter(
      (to) => !new URL(to, `file:///${path}`).pathname.slice(1).startsWith(`${home}/`),
    );
    expect(outside).toEqual([]);
  });

  test('every home has a row', () => {
    const homes = new Set(housed.map(({ home }) => home));
    expect([...homes].filter((home) => MAY_IMPORT[home] === undefined)).toEqual([]);
  });
});

describe('purity', () => {
  const pure = sources.filter(({ path }) => !entry(path));
  test.each(pure)('$path has no network, clock, chance or console of its own', ({ text }) => {
    expect(IMPURE.exec(code(text))?.[0]).toBeUndefined();
  });

  const packages = sources.filter(({ home }) => home.startsWith('packages/'));
  test.each(packages)('$path knows neither hono nor drizzle', ({ text }) => {
    expect(/from '(hono|drizzle-orm)/.exec(text)).toBeNull();
  });
});

describe('size', () => {
  test.each(written)('$path is under 300 lines', ({ text }) => {
    expect(text.split('\n').length).toBeLessThan(300);
  });
});

describe('the project speaks of itself alone', () => {
  const unsaid = [
    ['', 'work', ''],
    ['', 'tmp', 'sotto'],
    ['..', 'shared'],
  ].map((parts) => parts.join('/'));
  test.each([...written, ...documents])('$path names no folder of a machine', ({ text }) => {
    expect(unsaid.filter((word) => text.includes(word))).toEqual([]);
  });
});
