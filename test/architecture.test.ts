import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { importsOf, type Import } from './support/imports.ts';
import { documents, product, sources, withoutComments, written } from './support/sources.ts';

/** The packages that the client, and with it the command line, may import. */
const OF_CLIENT = 'wire bhttp ohttp voprf privacypass bundle tlog'
  .split(' ')
  .concat('type sticker-search', 'sticker-search/response', 'sticker-search/platform-locale');

/**
 * Which homes may import which packages. `service/variables` admits one subpath, `service` all but those in
 * `MAY_NOT_IMPORT`, and `type sticker-search` its types alone.
 *
 * The relay may import nothing that opens an envelope.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'packages/wire': [],
  'packages/http': [],
  'packages/bhttp': ['wire'],
  'packages/ohttp': ['wire'],
  'packages/voprf': ['wire'],
  'packages/bundle': ['wire'],
  'packages/tlog': ['wire'],
  'packages/privacypass': ['wire', 'voprf'],
  'packages/sticker-search': [],
  'packages/service': ['wire', 'http'],
  'packages/redemption': ['wire'],
  'packages/client': OF_CLIENT,
  'packages/cli': ['client', ...OF_CLIENT, 'service/variables'],
  'packages/picker': ['client', 'sticker-search'],
  'packages/release': [],
  'services/relay': ['http', 'service'],
  'services/gateway': ['http', 'service', 'redemption', 'wire', 'bhttp', 'ohttp', 'privacypass', 'bundle'],
  'services/issuer': ['http', 'service', 'redemption', 'wire', 'voprf', 'privacypass'],
  'services/stickers': ['http', 'service', 'sticker-search'],
  'services/witness': ['http', 'service', 'tlog', 'bundle', 'wire'],
};

/** Subpaths that a home without a store may not import, although it may import the package. */
const STORAGE = ['service/sqlite', 'service/postgres', 'service/keys'];
const MAY_NOT_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'services/relay': STORAGE,
  'services/stickers': STORAGE,
};

/** Runs the whole suite on one machine and is never deployed: it may import everything. */
const WHOLE_SUITE = 'services/local';

function mayImport(home: string, { target, typeOnly }: Import): boolean {
  const name = target.replace('@sotto/', '');
  const [packageName = ''] = name.split('/');
  if (`packages/${packageName}` === home) return true;
  if ((MAY_NOT_IMPORT[home] ?? []).some((no) => name === no || name.startsWith(`${no}/`))) return false;
  const allowed = MAY_IMPORT[home] ?? [];
  return (
    allowed.includes(name) ||
    allowed.includes(packageName) ||
    (typeOnly && allowed.includes(`type ${packageName}`))
  );
}

describe('imports', () => {
  const homes = [...new Set(product.map(({ home }) => home))].filter((home) => home !== WHOLE_SUITE);
  const housed = product.filter(({ home }) => home !== WHOLE_SUITE);

  test.each(homes)('%s imports only the packages in its row', (home) => {
    const foreign = housed
      .filter((file) => file.home === home)
      .flatMap(({ path: file, text }) =>
        importsOf(text)
          .filter((one) => one.target.startsWith('@sotto/') && !mayImport(home, one))
          .map(({ target }) => `${file}: ${target}`),
      );
    expect(foreign).toEqual([]);
  });

  test.each(homes)('%s does not reach into another home by a relative path', (home) => {
    const outside = housed
      .filter((file) => file.home === home)
      .flatMap(({ path: file, text }) =>
        importsOf(text)
          .filter(({ target }) => target.startsWith('.'))
          .map(({ target }) => path.posix.join(path.posix.dirname(file), target))
          .filter((target) => !target.startsWith(`${home}/`))
          .map((target) => `${file}: ${target}`),
      );
    expect(outside).toEqual([]);
  });

  test('every home has a row', () => {
    expect(homes.filter((home) => MAY_IMPORT[home] === undefined)).toEqual([]);
  });

  test('import rules: a subpath, a type and a forbidden subpath are told apart', () => {
    const one = (target: string, typeOnly = false): Import => ({
      target: `@sotto/${target}`,
      typeOnly,
      isDynamic: false,
    });
    expect(mayImport('packages/cli', one('service/variables'))).toBe(true);
    expect(mayImport('packages/cli', one('service/config'))).toBe(false);
    expect(mayImport('packages/client', one('sticker-search/types', true))).toBe(true);
    expect(mayImport('packages/client', one('sticker-search/response'))).toBe(true);
    expect(mayImport('packages/client', one('sticker-search'))).toBe(false);
    expect(mayImport('services/relay', one('service/config'))).toBe(true);
    expect(mayImport('services/relay', one('service/sqlite'))).toBe(false);
    expect(mayImport('services/relay', one('ohttp'))).toBe(false);
  });

  test('import scanner: finds imports, re-exports, side effects and dynamic imports', () => {
    const text = [
      "import { a } from './a.ts';",
      "import type { B } from './b.ts';",
      "export * from './c.ts';",
      "import './d.ts';",
      "const e = await import('./e.ts');",
      "// import { f } from './f.ts';",
      "import {\n  g,\n} from './g.ts';",
    ].join('\n');
    const found = importsOf(text).map(({ target, typeOnly }) => target + (typeOnly ? ' type' : ''));
    expect(found).toEqual(['./a.ts', './b.ts type', './c.ts', './d.ts', './e.ts', './g.ts']);
  });

  test('product code, `npm start` included, imports nothing from a test folder', () => {
    const fromTests = product.flatMap(({ path: file, text }) =>
      importsOf(text)
        .filter(({ target }) => target.startsWith('.'))
        .map(({ target }) => path.posix.join(path.posix.dirname(file), target))
        .filter((target) => target.split('/').includes('test'))
        .map((target) => `${file}: ${target}`),
    );
    expect(fromTests).toEqual([]);
  });
});

/** Files that read the environment and choose clock, randomness, network, storage and timers. Everything else is given them. */
const ENTRY = [
  /^services\/local\//,
  /^services\/\w+\/src\/(index|node)\.ts$/,
  /^packages\/service\/src\/node\b/,
  /^packages\/client\/src\/(browser|node)\b/,
  /^packages\/cli\//,
  /^packages\/picker\//,
];

/** Impure code in a pure file, with the reason why it stays. */
const IMPURE_FOR_A_REASON: Readonly<Record<string, readonly string[]>> = {
  // The socket that lingers is Node's own; its tests run real sockets.
  'packages/http/src/node/listen.ts': ['setTimeout('],
  'packages/http/src/node/write.ts': ['setTimeout('],
  // The timer that the client's entry files hand out, shared by browsers and Node.
  'packages/client/src/platform.ts': ['setTimeout('],
  // The deadline of one body or one fetch, from a constant beside it.
  'services/issuer/src/app.ts': ['AbortSignal.timeout'],
  'services/issuer/src/attest/jwks.ts': ['AbortSignal.timeout'],
  'services/issuer/src/node/redeem-route.ts': ['AbortSignal.timeout'],
  'services/issuer/src/operator.ts': ['AbortSignal.timeout'],
};
const IMPURE =
  /\bfetch\(|Date\.now|new Date\(\)|Math\.random|getRandomValues|randomUUID|console\.|performance\.now|\bsetTimeout\(|\bsetInterval\(|\bsetImmediate\(|scheduler\.wait|AbortSignal\.timeout|node:timers|process\.env/g;

describe('purity', () => {
  const pure = sources.filter(({ path: file }) => !ENTRY.some((pattern) => pattern.test(file)));
  test.each(pure)(
    '$path has no network, clock, randomness, timer, environment or console of its own',
    (file) => {
      const allowed = IMPURE_FOR_A_REASON[file.path] ?? [];
      const found = withoutComments(file.text).match(IMPURE) ?? [];
      expect(found.filter((one) => !allowed.includes(one))).toEqual([]);
    },
  );

  test('purity pattern: finds each kind of timer and AbortSignal.timeout', () => {
    for (const line of [
      'setTimeout(run, 5);',
      'setInterval(run, 5);',
      'await scheduler.wait(5);',
      "import { setTimeout as sleep } from 'node:timers/promises';",
      'const deadline = AbortSignal.timeout(5);',
    ]) {
      expect(line.match(IMPURE)).not.toBeNull();
    }
    expect('type Timer = ReturnType<typeof setTimeout>; clearTimeout(timer);'.match(IMPURE)).toBeNull();
  });

  const packages = sources.filter(({ home }) => home.startsWith('packages/') && home !== 'packages/service');
  test.each(packages)('$path imports neither hono nor drizzle', ({ text }) => {
    expect(/from '(hono|drizzle-orm)/.exec(text)).toBeNull();
  });
});

describe('size', () => {
  test.each(written)('$path is under 300 lines', ({ text }) => {
    expect(text.split('\n').length).toBeLessThan(300);
  });

  const entries = sources.filter(({ path: file }) => /^services\/\w+\/src\/(index|node)\.ts$/.test(file));
  test.each(entries)('$path, an entry file, is under 40 lines', ({ text }) => {
    expect(text.trimEnd().split('\n').length).toBeLessThan(40);
  });
});

describe('the repository describes only itself', () => {
  const MACHINE_FOLDERS = [
    ['', 'work', ''],
    ['', 'tmp', 'sotto'],
    ['..', 'shared'],
  ].map((parts) => parts.join('/'));
  test.each([...written, ...documents])('$path names no folder of a particular machine', ({ text }) => {
    expect(MACHINE_FOLDERS.filter((word) => text.includes(word))).toEqual([]);
  });
});
