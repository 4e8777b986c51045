import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { rootPublicKey } from '@sotto/bundle';
import { base64url } from '@sotto/wire';
import { attesterConfig } from '../../services/local/src/account.ts';
import { makeSecrets } from '../../services/local/src/secrets.ts';
import { freePorts } from '../../services/local/src/ports.ts';
import { selfSigned } from '../support/certificates.ts';
import { blocksOf, commandsOf, documentText, type Command } from '../support/documents.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'sotto-documents-'));
const commands = ['specs/deployment.md', 'README.md', 'CONTRIBUTING.md', 'packages/cli/README.md'].flatMap(
  (document) =>
    blocksOf(document)
      .filter(({ language }) => language === 'console')
      .flatMap(commandsOf),
);
/** Commands that other tests run, or that run these tests. */
const ELSEWHERE = /^(npm (ci|run|start|test)\b|npx vitest|npx sotto (search|explain))/;
let env: Readonly<Record<string, string>>;
let ports: Readonly<Record<string, string>>;
const children: ChildProcess[] = [];

beforeAll(async () => {
  for (const name of ['services', 'packages', 'node_modules', 'wrangler.toml', 'package.json']) {
    symlinkSync(path.join(root, name), path.join(folder, name));
  }
  const secrets = await makeSecrets();
  writeFileSync(path.join(folder, 'attesters.json'), JSON.stringify([attesterConfig(secrets.attester)]));
  const rows = blocksOf('specs/deployment.md').filter(({ text }) => text.includes('"private"'));
  writeFileSync(path.join(folder, 'stickers.json'), rows[0]?.text ?? '');
  writeFileSync(path.join(folder, 'root.secret'), base64url(new Uint8Array(32)));
  for (const worker of ['stickers', 'issuer', 'gateway'])
    writeFileSync(path.join(folder, `${worker}.secrets.json`), '{}');
  const { cert, key } = await selfSigned('localhost');
  writeFileSync(path.join(folder, 'cert.pem'), cert);
  writeFileSync(path.join(folder, 'key.pem'), key);
  const free = await freePorts();
  ports = { 443: `${free}`, 8803: `${free + 1}`, 8804: `${free + 2}`, 8081: `${free + 3}` };
  env = {
    PATH: `${path.join(root, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
    ...COMPILE_CACHE,
    HOME: folder,
    ROOT: base64url(rootPublicKey(new Uint8Array(32))),
    ACCOUNT_KEY: secrets.accountKey,
    ISSUER_WRAPPING_KEY: secrets.issuerWrappingKey,
    GATEWAY_WRAPPING_KEY: secrets.gatewayWrappingKey,
    OPERATOR_TOKEN: secrets.operatorToken,
    INTERNAL_TOKEN: secrets.accountKey,
    WRANGLER_SEND_METRICS: 'false',
  };
}, 60_000);

afterEach(({ task }) => {
  if (task.name.includes('gateway/src/node')) killAll(); // the last service of the page stands on the others
});
afterAll(() => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});

function killAll(): void {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }
}

/** The text with free ports in place of the documented ones. */
const onFreePorts = (text: string): string =>
  Object.entries(ports).reduce(
    (changed, [documented, free]) =>
      changed.replaceAll(new RegExp(`(PORT=|:)${documented}\\b`, 'g'), `$1${free}`),
    text,
  );

/** Runs a command in bash, in a folder with the repository's files and those that the page has made so far. */
function start({ text }: Command): ChildProcess {
  const child = spawn('bash', ['-c', onFreePorts(text)], {
    cwd: folder,
    env: { ...env, ...shell },
    detached: true,
  });
  children.push(child);
  return child;
}

/** Variables that a command of the page has set. */
const shell: Record<string, string> = {};

function ended(child: ChildProcess): Promise<{ status: number | null; output: string }> {
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data: Buffer) => (output += data.toString()));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, output })));
}

/** Resolves with the first line that a service prints. */
function firstLine(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        output += data.toString();
        if (output.includes('\n')) resolve(output.slice(0, output.indexOf('\n')));
      });
    }
    child.once('close', () => reject(new Error(`ended: ${output}`)));
  });
}

/** Runs a command in the way that its kind requires. Returns null if it does what the page says. */
async function faultOf(command: Command): Promise<string | null> {
  const { text, output } = command;
  const [, name = '', value = ''] = /^(\w+)=\$\((.*)\)$/.exec(text) ?? [];
  if (name !== '') {
    const result = await ended(start({ ...command, text: value }));
    shell[name] = result.output.trim();
    return result.status === 0 && /^[\w-]{43}$/.test(shell[name]) ? null : result.output;
  }
  const [, exported = '', from = ''] = /^export (\w+)=\$(\w+)$/.exec(text) ?? [];
  if (exported !== '') {
    shell[exported] = env[from] ?? '';
    return shell[exported] === '' ? `${from} is not set` : null;
  }
  if (output[0]?.startsWith('ready')) {
    const line = await firstLine(start(command));
    if (text.includes('relay.mjs')) killAll(); // operator A's; operator B's services below use each other
    return line === onFreePorts(output[0]) ? null : line;
  }
  if (text.includes('wrangler deploy')) return deploymentFault(command);
  const { status, output: printed } = await ended(start(command));
  // The hosts are examples, so `sotto` cannot succeed. It must not fail as wrong usage, which is 2.
  if (text.includes('sotto help')) return status === 0 ? null : printed;
  if (text.includes('sotto ')) return status === 2 || printed.includes('Usage:') ? printed : null;
  return status === 0 ? null : printed;
}

/** Bundles what a deployment would upload, without an account and a network. */
async function deploymentFault(command: Command): Promise<string | null> {
  const one = command.text.replace('stickers issuer gateway', 'gateway'); // `npm run deploy:check` bundles all four
  const text = one.replaceAll('wrangler deploy', 'wrangler deploy --dry-run --outdir out');
  const { status, output } = await ended(start({ ...command, text }));
  return status === 0 ? null : output;
}

describe('N50 commands in documents', () => {
  const here = commands.filter(({ text }) => !ELSEWHERE.test(text));

  test('N50 documents: their commands are found', () => {
    expect(here.length).toBeGreaterThan(10);
    expect(commands.length).toBeGreaterThan(here.length);
  });

  test.each(here)(
    'N50 line $line: $text',
    async (command) => {
      expect(await faultOf(command)).toBeNull();
    },
    90_000,
  );

  test('N50 deployment.md: the relay accepts the secrets that its commands write', () => {
    const { RELAY_TOKENS } = JSON.parse(readFileSync(path.join(folder, 'relay.secrets.json'), 'utf8')) as {
      RELAY_TOKENS: string;
    };
    expect(JSON.parse(RELAY_TOKENS)).toEqual({ '': shell['RELAY_TOKEN'] });
    expect(JSON.parse(readFileSync(path.join(folder, 'tokens.json'), 'utf8'))).toEqual({
      '': shell['RELAY_TOKEN'],
    });
    expect(documentText('specs/deployment.md')).toContain('relay.secrets.json');
  });
});
