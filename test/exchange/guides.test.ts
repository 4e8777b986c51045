import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../../services/local/src/ports.ts';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';
import { attesterConfig } from '../../services/local/src/account.ts';
import { makeSecrets } from '../../services/local/src/secrets.ts';
import { ROOT } from '../../services/local/src/worker-code.ts';
import { readOwnPack } from '../../services/stickers/catalogue/own.ts';
import { blocksOf, commandsOf, type Block } from '../support/documents.ts';

const GUIDES = ['README.md', 'docs/tutorial.md', 'docs/how-to/own-service.md', 'docs/how-to/own-accounts.md'];
const blocks = GUIDES.flatMap(blocksOf);
const commands = blocks.filter(({ language }) => language === 'console').flatMap(commandsOf);
/** Each command once, although two guides name it. */
const sotto = [
  ...new Map(
    commands.filter(({ text }) => text.startsWith('npx sotto')).map((one) => [one.text, one]),
  ).values(),
];
const programs = blocks.filter(({ language }) => language === 'js');

/** The JSON of a guide that has this member. */
function jsonOf(document: string, member: string): unknown {
  const found = blocksOf(document).find(
    ({ language, text }) => language === 'json' && text.includes(`"${member}"`),
  );
  return JSON.parse(onFreePorts(found?.text ?? '')) as unknown;
}

const folder = mkdtempSync(path.join(tmpdir(), 'sotto-guides-'));
let ports: Readonly<Record<string, number>>;
let suite: Suite;
const servers: (() => void)[] = [];

/** The text with free ports in place of the documented ones. */
const onFreePorts = (text: string): string =>
  Object.entries(ports).reduce((changed, [port, free]) => changed.replaceAll(port, `${free}`), text);

beforeAll(async () => {
  const port = await freePorts();
  const secrets = await makeSecrets();
  ports = { 8805: port + 4, 9001: port + 5, 9002: port + 6 };
  for (const name of ['node_modules', 'package.json'])
    symlinkSync(path.join(ROOT, name), path.join(folder, name));
  mkdirSync(path.join(folder, '.sotto'));
  const stickers = {
    gateway: {
      name: 'stickers',
      target: { binding: 'STICKERS' },
      token: { type: 5 },
      idempotent: true,
      requestLength: 1024,
      responseLength: 163_840,
    },
    issuer: { name: 'stickers', types: [5], batch: [30], quota: { default: 900 } },
  };
  const attesters = jsonOf('docs/how-to/own-accounts.md', 'jwksUrl') as object[];
  suite = await startSuite({
    port,
    secrets,
    taps: true,
    page: true,
    vars: {
      gateway: {
        SERVICES: JSON.stringify([stickers.gateway, jsonOf('docs/how-to/own-service.md', 'target')]),
      },
      issuer: {
        SERVICES: JSON.stringify([stickers.issuer, jsonOf('docs/how-to/own-service.md', 'quota')]),
        ATTESTERS: JSON.stringify([attesterConfig(secrets.attester), ...attesters]),
      },
    },
  });
}, 120_000);
afterAll(async () => {
  for (const stop of servers) stop();
  await suite.dispose();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** Runs a command with the suite of this test; resolves when it ends. */
function run(command: string, args: readonly string[]): Promise<Ended> {
  const PATH = `${ROOT}/node_modules/.bin:${process.env['PATH'] ?? ''}`;
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, PORT: `${(ports['8805'] ?? 0) - 4}`, PATH },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (output += data.toString()));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, output })));
}

/** Writes a program of a guide under the name in its first line. */
function write({ text, line }: Block): string {
  const [, name = `line-${line}.mjs`] = /^\/\/ ([\w.-]+\.mjs)\n/.exec(text) ?? [];
  writeFileSync(path.join(folder, name), onFreePorts(text));
  return name;
}

const isServer = ({ text }: Block): boolean => text.includes('createServer');

/** Starts a program that listens on this documented port, and resolves when it does. */
async function serve(program: Block, port: number): Promise<void> {
  const child = spawn(process.execPath, [write(program)], { cwd: folder, stdio: 'inherit' });
  servers.push(() => child.kill());
  const url = `http://127.0.0.1:${ports[port]}/`;
  const ended = new Promise<never>((_, reject) =>
    child.once('exit', () => reject(new Error(`${program.document} ended`))),
  );
  await Promise.race([ended, untilAnswered(url)]);
}

async function untilAnswered(url: string): Promise<void> {
  while (
    !(await fetch(url).then(
      () => true,
      () => false,
    ))
  )
    await new Promise((resolve) => setTimeout(resolve, 20));
}

const programOf = (document: string): Block => {
  const found = programs.find((one) => one.document === document && !isServer(one));
  if (found === undefined) throw new Error(`${document} has no program`);
  return found;
};

describe('guides', () => {
  test('the tutorial and the README name `npm start`, and commands that search', () => {
    expect(commands.map(({ text }) => text)).toContain('npm start');
    expect(sotto.length).toBeGreaterThan(3);
  });

  test.concurrent.each(sotto)(
    'command in line $line: $text',
    async ({ text }) => {
      const result = await run('bash', ['-c', text.replace('npx sotto', 'sotto')]);
      expect(result).toMatchObject({ status: 0 });
      expect(result.output.length).toBeGreaterThan(40);
    },
    60_000,
  );

  test.concurrent.each(['README.md', 'docs/tutorial.md'])(
    '%s: its program finds stickers',
    async (document) => {
      const result = await run(process.execPath, [write(programOf(document))]);
      expect(result).toMatchObject({ status: 0 });
      expect(result.output).toMatch(/😺|😸|cat/);
    },
    60_000,
  );

  test.concurrent('own service: the client gets the response of the API behind the gateway', async () => {
    const [server] = programs.filter((one) => isServer(one) && one.document.endsWith('own-service.md'));
    if (server === undefined) throw new Error('the guide has no API');
    await serve(server, 9001);
    const { status, output } = await run(process.execPath, [write(programOf('docs/how-to/own-service.md'))]);
    expect({ status, output }).toMatchObject({ status: 0 });
    const [, code, body = ''] = /^(\d+) (\{.*\})/.exec(output) ?? [];
    const { fields, ...rest } = JSON.parse(body) as { fields: string[] };
    expect([code, rest]).toEqual(['200', { path: '/v1/today', received: { city: 'Belgrade' } }]);
    expect(fields.filter((name) => /cookie|auth|forwarded|cf-connecting|user-agent/.test(name))).toEqual([]);
  }, 60_000);

  test.concurrent('own accounts: the issuer accepts the tokens of the guide, and none of another session', async () => {
    const [server] = programs.filter((one) => isServer(one) && one.document.endsWith('own-accounts.md'));
    if (server === undefined) throw new Error('the guide has no attester');
    await serve(server, 9002);
    const program = programOf('docs/how-to/own-accounts.md');
    const accepted = await run(process.execPath, [write(program)]);
    expect(accepted).toMatchObject({ status: 0 });
    expect(accepted.output).toMatch(/cat/);
    const other = {
      ...program,
      text: program.text.replace('client.mjs', 'other.mjs').replaceAll('alice', 'mallory'),
    };
    const refused = await run(process.execPath, [write(other)]);
    expect(refused.status).toBe(1);
    expect(refused.output).toContain('account-unavailable');
  }, 60_000);
});

/** Bundles a snippet with stand-ins for packages that are not installed here, as modules of their own text. */
async function bundled(
  document: string,
  standIns: Readonly<Record<string, string>>,
  loader: 'ts' | 'tsx',
): Promise<string> {
  const [block] = blocksOf(document).filter(({ language }) => language === loader);
  const outfile = path.join(folder, `${path.basename(document, '.md')}.mjs`);
  await build({
    stdin: { contents: block?.text ?? '', loader, resolveDir: ROOT },
    bundle: true,
    format: 'esm',
    platform: 'node',
    jsx: 'automatic',
    outfile,
    plugins: [
      {
        name: 'stand-ins',
        setup(plugin) {
          plugin.onResolve({ filter: /^(@react-native|react-native|@sotto\/picker)/ }, ({ path: name }) => ({
            path: name,
            namespace: 'stand-in',
          }));
          plugin.onLoad({ filter: /.*/, namespace: 'stand-in' }, ({ path: name }) => ({
            contents: standIns[name] ?? '',
          }));
        },
      },
    ],
  });
  return outfile;
}

describe('guides to React and React Native', () => {
  test('React Native: the client of the guide searches, and its wallet outlives it', async () => {
    const storage = `const entries = (globalThis.entries ??= new Map());
      export default { getItem: async (key) => entries.get(key) ?? null, setItem: async (key, value) => void entries.set(key, value) };`;
    const file = await bundled(
      'docs/how-to/react-native.md',
      { '@react-native-async-storage/async-storage': storage },
      'ts',
    );
    writeFileSync(
      path.join(folder, 'native.mjs'),
      `import { createSotto } from '${file}';
       const page = 'http://127.0.0.1:${ports[8805]}';
       const { relay, issuer, root, restSeconds } = await (await fetch(page + '/local.json')).json();
       const account = async () => (await (await fetch(page + '/local/account', { method: 'POST' })).json()).token;
       const options = { relay, issuer, root, restSeconds, account };
       await createSotto(options).refill();
       const offline = createSotto({ ...options, account: () => Promise.reject(new Error('no account')) });
       console.log((await offline.search('happy cat')).results[0].name);`,
    );
    const { status, output } = await run(process.execPath, ['native.mjs']);
    expect({ status, output }).toMatchObject({ status: 0, output: expect.stringMatching(/cat/) as string });
  }, 60_000);

  test('React: the component sets the client, and tells which sticker was picked', async () => {
    const file = await bundled('docs/how-to/react.md', {}, 'tsx'); // with React itself
    const { Stickers } = (await import(/* @vite-ignore */ file)) as {
      Stickers: (props: object) => { type: string; props: Record<string, unknown> };
    };
    const picked: unknown[] = [];
    const client = {};
    const { type, props } = Stickers({ client, onPick: (...sticker: unknown[]) => picked.push(sticker) });
    expect([type, props['client'] === client, props['locale']]).toEqual(['sotto-stickers', true, 'en']);
    (props['onsticker-select'] as (event: object) => void)({ detail: { emoji: '😺', art: null } });
    expect(picked).toEqual([['😺', null]]);
  });
});

describe('guide to a sticker pack', () => {
  test('the catalogue accepts the folder of the guide', () => {
    const [manifest, svg] = ['json', 'svg'].map(
      (language) =>
        blocksOf('docs/how-to/sticker-pack.md').find((block) => block.language === language)?.text ?? '',
    );
    const pack = path.join(folder, 'parrots');
    mkdirSync(pack);
    writeFileSync(path.join(pack, 'pack.json'), manifest ?? '');
    writeFileSync(path.join(pack, 'party.svg'), svg ?? '');
    const { id, drawings, words } = readOwnPack(pack);
    expect([id, drawings.length]).toEqual(['parrots', 1]);
    expect(words.get('party.svg')?.get('de')?.name).toBe('Partypapagei');
  });

  test('the search of the guide requests only its pack', async () => {
    const file = await bundled('docs/how-to/sticker-pack.md', {}, 'ts');
    const { parrots } = (await import(/* @vite-ignore */ file)) as {
      parrots: (client: { search: (...input: unknown[]) => unknown }) => unknown;
    };
    expect(parrots({ search: (...input) => input })).toEqual(['dance', { packs: ['parrots'] }]);
  });
});
