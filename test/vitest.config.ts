import '../services/local/src/offline-env.ts';
import path from 'node:path';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { ISSUER_VARIABLES } from '../services/issuer/test/support/variables.ts';
import { WHOLE_PAGES } from './browser/vitest.config.ts';
import { FOLLOWED_GUIDES } from './docs/vitest.config.ts';
import { seededProperties } from './support/seeded-properties.ts';
import { extractLibsodium } from '../packages/voprf/scripts/libsodium.ts';

extractLibsodium();

const root = path.resolve(import.meta.dirname, '..');
const TIMEOUT = 120_000; // milliseconds. A busy machine takes four times as long; only a test that hangs takes longer

/** Tests of one Worker, run in workerd with the bindings of its block in wrangler.toml. */
const inWorkerd = (name: string, miniflare: Record<string, unknown> = {}) => ({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: path.join(root, 'wrangler.toml'), environment: name },
      remoteBindings: false,
      miniflare,
    }),
  ],
  root,
  test: {
    ...seededProperties,
    name,
    include: [`services/${name}/test/workerd/**/*.test.ts`],
    testTimeout: TIMEOUT,
  },
});

/** Files of the gateway without sockets, processes and files. */
const GATEWAY = 'services/gateway/test/!(availability|fetch-in-workerd|names|node-*|service).test.ts';
/** Tests that start no process. Their files share modules and compiled code, which saves a third of their processor time. */
const IN_ONE_PROCESS = [
  'packages/{bhttp,bundle,cli,client,http,ohttp,picker,privacypass,redemption,sticker-search,tlog,voprf,wire}/test/**/*.test.ts',
  GATEWAY,
];
/** Tests that replace a module before others load it. */
const REPLACES_A_MODULE = ['packages/ohttp/test/{node-20,node-24,node-26,wycheproof-ml-kem}.test.ts'];

const inNode = (name: string, include: readonly string[], exclude: readonly string[] = []) => ({
  root,
  test: {
    ...seededProperties,
    name,
    include: [...include],
    exclude: [
      ...WHOLE_PAGES,
      ...FOLLOWED_GUIDES,
      ...exclude,
      '**/workerd/**',
      '**/no-subtle/**',
      '**/test/postgres/**',
      '**/node_modules/**',
    ],
    environment: 'node' as const,
    testTimeout: TIMEOUT,
    hookTimeout: 60_000,
  },
});

const packagesInOneProcess = ((project) => ({ ...project, test: { ...project.test, isolate: false } }))(
  inNode('packages', IN_ONE_PROCESS, REPLACES_A_MODULE),
);

/** Tests over one PostgreSQL server that is started for them. */
const overPostgres = {
  root,
  test: {
    ...seededProperties,
    name: 'postgres',
    include: ['{packages,services}/*/test/postgres/**/*.test.ts'],
    globalSetup: [path.join(root, 'test/support/postgres-setup.ts')],
    setupFiles: [...seededProperties.setupFiles, path.join(root, 'test/support/postgres-tests.ts')],
    environment: 'node' as const,
    testTimeout: TIMEOUT,
    hookTimeout: 60_000,
  },
};

/** Stands in for a service-bound Worker, so that one Worker can be tested alone. */
const stub = (name: string, script: string) => ({
  name,
  modules: true,
  compatibilityDate: '2026-10-23',
  script,
});

export default defineConfig({
  root,
  test: {
    maxWorkers: 3, // on two cores, because every third moment a worker waits for a timer or another process
    globalSetup: [path.join(root, 'test/support/prepare.ts')],
    reporters: ['default', path.join(root, 'test/support/plain-reporter.ts')],
    projects: [
      packagesInOneProcess,
      inNode(
        'node',
        [
          'packages/{release,service}/test/**/*.test.ts',
          'services/*/test/**/*.test.ts',
          'test/*.test.ts',
          ...REPLACES_A_MODULE,
        ],
        [GATEWAY],
      ),
      inNode('exchange', ['test/{exchange,privacy,soak}/**/*.test.ts']),
      inNode('browser', ['test/browser/**/*.test.ts']),
      overPostgres,
      {
        root,
        plugins: [
          cloudflareTest({
            main: path.join(root, 'test/support/empty-worker.ts'),
            miniflare: {
              compatibilityDate: '2026-10-23',
              compatibilityFlags: ['webcrypto_modern_algorithms'],
              modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }],
            },
          }),
        ],
        test: {
          ...seededProperties,
          name: 'workerd',
          include: ['packages/*/test/workerd/**/*.test.ts'],
          testTimeout: TIMEOUT,
        },
      },
      {
        root,
        test: {
          ...seededProperties,
          name: 'no-subtle',
          include: ['packages/*/test/no-subtle/**/*.test.ts'],
          setupFiles: [path.join(root, 'test/support/no-subtle.ts'), ...seededProperties.setupFiles],
          testTimeout: TIMEOUT,
        },
      },
      inWorkerd('relay'),
      inWorkerd('gateway', {
        workers: [
          stub(
            'sotto-issuer',
            `import { WorkerEntrypoint } from "cloudflare:workers";
             export class GatewayEntrypoint extends WorkerEntrypoint { redeem() { return { outcome: "first", revision: 1 } } }
             export default { fetch: () => new Response(null, { status: 404 }) }`,
          ),
          stub(
            'sotto-stickers',
            'export default { fetch: () => Response.json({ results: [], next: null }) }',
          ),
        ],
      }),
      inWorkerd('issuer', { bindings: { ...ISSUER_VARIABLES, VOUCHERS: '' } }),
      inWorkerd('stickers'),
      inWorkerd('witness'),
    ],
  },
});
