import path from 'node:path';
import { expect, test } from 'vitest';
import { unstable_readConfig } from 'wrangler';
import { missingRoute } from '../src/route.ts';
import { ROOT } from '../src/worker-code.ts';

const shipped = (env: string) =>
  unstable_readConfig({ config: path.join(ROOT, 'wrangler.toml'), env }, { hideWarnings: true });

test.each(['relay', 'gateway', 'issuer'])(
  'deploy: fails for %s without a route, and names the lines to add',
  (name) => {
    expect(missingRoute(name, shipped(name))).toMatch(
      new RegExp(`^${name}: has no route.*Add to \\[env\\.${name}\\] in wrangler\\.toml: routes = \\[`),
    );
  },
);

test('deploy: accepts a Worker with an address, and one that only a binding reaches', () => {
  expect(missingRoute('stickers', shipped('stickers'))).toBeNull();
  expect(missingRoute('relay', { routes: [{ pattern: 'relay.example' }] })).toBeNull();
  expect(missingRoute('relay', { route: 'relay.example/*' })).toBeNull();
  expect(missingRoute('relay', { workers_dev: true })).toBeNull();
  expect(missingRoute('relay', { routes: [], workers_dev: false })).not.toBeNull();
});
