import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { OHTTP_KEY_PROBLEM } from '@sotto/ohttp';
import type { CheckPorts } from '../../src/check/live.ts';
import { run } from '../../src/run.ts';
import { TestIo } from './io.ts';

export const NOW = 1_800_000_000;
export const DAY = 86_400;
export const GATEWAY = 'https://gateway.b.test';
export const ISSUER = 'https://issuer.b.test';
export const ENVELOPES = `${GATEWAY}/.well-known/ohttp-gateway`;
export let folder = '';
export let io: TestIo;

/** Gives every test of a file the folders of both operators, and responses of healthy services. */
export function useCheckedFolders(): void {
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'sotto-check-'));
    io = new TestIo(folder);
    const release = path.join(folder, 'release');
    const { version } = JSON.parse(
      readFileSync(path.resolve(import.meta.dirname, '../../package.json'), 'utf8'),
    ) as { version: string };
    mkdirSync(path.join(release, 'workers/relay'), { recursive: true });
    for (const name of ['relay', 'gateway', 'issuer', 'stickers'])
      writeFileSync(path.join(release, `${name}.mjs`), '');
    writeFileSync(
      path.join(release, 'components.cdx.json'),
      JSON.stringify({ component: { name: 'sotto', version } }, null, 1),
    );
    await run(['init', 'b', 'b', '--gateway', GATEWAY, '--issuer', ISSUER, '--release', release], io);
    const invite = ['--invite', 'b/invite.json', '--relay', 'https://relay.a.test'];
    await run(['init', 'a', 'a', ...invite, '--release', release], io);
    io.lines.length = 0;
    healthy();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
}

export const date = (seconds: number): Record<string, string> => ({
  date: new Date(seconds * 1000).toUTCString(),
});
export const problem = (status: number, type: string) => (): Response => Response.json({ type }, { status });
export const gauges = (text: string) => (): Response => new Response(text);

/** Responses of healthy services. */
function healthy(): void {
  for (const url of [
    GATEWAY,
    ISSUER,
    'https://relay.a.test',
    ...[8801, 8802, 8803, 8804].map((port) => `http://127.0.0.1:${port}`),
  ]) {
    io.routes[`${url}/health`] = () => new Response(null, { headers: date(NOW) });
  }
  io.routes[ENVELOPES] = problem(400, OHTTP_KEY_PROBLEM);
  for (const port of [8806, 8807]) {
    io.routes[`http://127.0.0.1:${port}/readyz`] = () => Response.json({ ready: true, problems: [] });
    io.routes[`http://127.0.0.1:${port}/metrics`] = gauges(
      `sotto_gateway_keys_ahead 7\nsotto_gateway_rotation_overdue 0\nsotto_gateway_bundle_signed_until ${NOW + 7 * DAY}\n`,
    );
  }
}

/** Responds to a POST with the same routes. */
const post: CheckPorts['post'] = async (url, headers, body) => {
  const response = await io.fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
  return { status: response.status, text: await response.text() };
};
export const ports = {
  post,
  now: () => NOW,
  certificateEnd: async () => NOW + 60 * DAY,
  nodeVersion: '24.1.0',
};
export const lines = (start: string): string[] => io.lines.filter((line) => line.startsWith(start));
export const file = (name: string): string => path.join(folder, name);
export const edit = (name: string, change: (text: string) => string): void =>
  writeFileSync(file(name), change(readFileSync(file(name), 'utf8')));
export const append = (name: string, line: string) => (): void => edit(name, (text) => `${text}${line}\n`);
