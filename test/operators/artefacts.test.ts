import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandsOf, platformBlocks } from '../support/documents.ts';
import { containersOf, type Container } from './support/compose.ts';
import { sitesOf } from './support/front.ts';
import { Machine } from './support/machine.ts';
import { freePorts } from '../../services/local/src/ports.ts';
import { Images } from './support/images.ts';
import { PROXIES, type Proxy } from './support/proxy.ts';
import { needs, runTool } from './support/tools.ts';

const release = (): string => process.env['SOTTO_RELEASE'] ?? '';
const root = path.resolve(import.meta.dirname, '../..');
let machine: Machine;

/** Folders of both operators for each hosting, without running anything. */
beforeAll(async () => {
  machine = await Machine.start();
  for (const hosting of ['node', 'compose', 'workers']) {
    const oneProvider = hosting === 'workers' ? ' --allow-one-provider' : '';
    await machine.must(
      [
        `npx @sotto/cli init b ${hosting}/b --on ${hosting} --release ${release()} --log bundles.example --gateway https://gateway.example --issuer https://issuer.example`,
        `npx @sotto/cli init a ${hosting}/a --on ${hosting} --release ${release()} --invite ${hosting}/b/invite.json --relay https://relay.other.example --witness https://witness.other.example${oneProvider}`,
      ].join('\n'),
    );
  }
});
afterAll(() => machine.close());

describe('prebuilt Workers', () => {
  test.each([
    ['b', 'stickers'],
    ['b', 'issuer'],
    ['b', 'gateway'],
    ['a', 'relay'],
    ['a', 'witness'],
  ])('wrangler takes the folder of operator %s, Worker %s, without a checkout', async (operator, env) => {
    const outdir = path.join(machine.folder, 'dry', env);
    const wrangler = path.join(root, 'node_modules/wrangler/bin/wrangler.js');
    const { status, out, err } = await runTool(
      process.execPath,
      [
        wrangler,
        'deploy',
        '--dry-run',
        '--config',
        `workers/${operator}/wrangler.toml`,
        '--env',
        env,
        '--outdir',
        outdir,
      ],
      { cwd: machine.folder, env: { ...process.env, HOME: machine.folder } },
    );
    expect([status, err]).toEqual([0, expect.not.stringContaining('ERROR')]);
    expect(out).toMatch(/Total Upload: /);
    expect(readdirSync(outdir)).toContain('index.js');
  });
});

describe('units, images and files, checked by the tools of this machine', () => {
  test.for([
    ['b', ['stickers', 'issuer', 'gateway', 'proxy']],
    ['a', ['relay', 'witness', 'proxy']],
  ] as const)(
    'systemd-analyze verifies the units of operator %s, and rates them OK',
    async ([operator, names], context) => {
      needs(context, 'systemd-analyze', '--version');
      const folder = path.join(machine.folder, 'node', operator, 'systemd');
      const units = names.map((name) => path.join(folder, `sotto-${name}.service`));
      const verified = await runTool('systemd-analyze', ['verify', '--man=no', ...units]);
      expect([verified.status, linesAbout(verified.err, folder)]).toEqual([0, []]);
      for (const unit of units) {
        const rated = await runTool('systemd-analyze', ['security', '--offline=yes', '--threshold=20', unit]);
        expect([unit, rated.status]).toEqual([unit, 0]);
      }
    },
  );

  test.for(['a', 'b'])('docker compose validates the file of operator %s', async (operator, context) => {
    needs(context, 'docker', 'compose', 'version');
    const folder = path.join(machine.folder, 'compose', operator);
    const words = ['compose', '--project-directory', folder, 'config', '--quiet'];
    const { status, err } = await runTool('docker', words);
    expect([status, err]).toEqual([0, '']);
  });

  test('hadolint finds nothing in the Dockerfile', async (context) => {
    needs(context, 'hadolint', '--version');
    const { status, out } = await runTool('hadolint', [path.join(release(), 'Dockerfile')]);
    expect([status, out]).toEqual([0, '']);
  });

  test('buildah builds the image of every service, and a private search passes through the containers of both operators', async (context) => {
    needs(context, 'buildah', 'info');
    needs(context, 'podman', 'info');
    const images = new Images(path.join(machine.folder, 'images'));
    await images.base();
    for (const service of ['relay', 'gateway', 'issuer', 'stickers', 'witness'])
      await images.build(service, release());
    const first = await freePorts(21);
    const hosts = ['gateway.b.test', 'issuer.b.test', 'relay.a.test'];
    const stops: (() => Promise<void>)[] = [];
    /** Starts all containers of an operator, the gateway last, and their proxy. */
    const start = async (folder: string): Promise<void> => {
      const last = ({ target }: Container): number => Number(target === 'gateway');
      const containers = containersOf(folder).toSorted((a, b) => last(a) - last(b));
      for (const one of containers) {
        stops.push(await images.run(one, { folder: machine.folder, hosts }));
        expect([one.name, await images.answers(`http://127.0.0.1:${one.env['PORT']}/health`)]).toEqual([
          one.name,
          true,
        ]);
      }
      const caddyfile = readFileSync(path.join(folder, 'proxy/Caddyfile'), 'utf8');
      for (const site of sitesOf(caddyfile)) await machine.front.add(site);
    };
    try {
      await machine.must(
        here(
          `npx @sotto/cli init b ops/b --on compose --gateway https://gateway.example --issuer https://issuer.example`,
          first,
        ),
      );
      await start(path.join(machine.folder, 'ops/b'));
      await machine.must('npx @sotto/cli bundle sign --config ops/b --root-secret ops/b.root.secret');
      for (const port of [first + 5, first + 6]) {
        for (const route of ['livez', 'readyz'])
          expect([port, route, await images.answers(`http://127.0.0.1:${port}/${route}`)]).toEqual([
            port,
            route,
            true,
          ]);
      }
      await machine.must(
        here(
          `npx @sotto/cli init a ops/a --on compose --invite ops/b/invite.json --relay https://relay.other.example`,
          first,
        ),
      );
      await start(path.join(machine.folder, 'ops/a'));
      const { out } = await machine.must(
        'export SOTTO_ACCOUNT_TOKEN=$(npx @sotto/cli account --config ops/b)\nnpx @sotto/cli search happy cat --config ops/a --fresh',
      );
      expect(out).toContain('😺');
    } finally {
      for (const stop of stops) await stop();
    }
  }, 600_000);
});

/** The lines of a tool about our own files, without those about this machine. */
const linesAbout = (text: string, folder: string): string[] =>
  text.split('\n').filter((line) => line.includes(folder));

describe('reverse proxies with the configuration that sotto init writes', () => {
  test.for(Object.keys(PROXIES) as Proxy[])(
    '%s: seven commands lead to a private search, and check finds no fault',
    async (proxy, context) => {
      needs(context, proxy, ...PROXIES[proxy]);
      const own = await Machine.start();
      own.proxy = proxy;
      try {
        const first = await freePorts(22);
        const commands = platformBlocks('docs/how-to/two-operators.md', 'On Linux with systemd', 'Node')
          .slice(0, 1)
          .flatMap((block) => commandsOf(block).map(({ text }) => here(text, first)));
        const { out } = await own.must(commands.join('\n'));
        expect(out).toContain('😺');
        for (const folder of ['ops/b', 'ops/a']) await own.must(`npx @sotto/cli check --config ${folder}`);
      } finally {
        await own.close();
      }
    },
  );
});

/** The command with names and ports of this machine: each operator has a proxy of its own. */
const here = (command: string, first: number): string =>
  command
    .replaceAll(/https:\/\/(gateway|issuer|relay)(\.other)?\.example/g, (_, name: string) =>
      name === 'relay' ? `https://relay.a.test:${first + 21}` : `https://${name}.b.test:${first + 20}`,
    )
    .replace(
      / init ([ab]) \S+/,
      (text, who: string) => `${text} --release ${release()} --port ${first + (who === 'a' ? 10 : 0)}`,
    );
