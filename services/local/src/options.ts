import { parseArgs } from 'node:util';

/** A developer's own HTTP API, as `npm start` puts it behind the gateway. */
export interface OwnService {
  /** The host of its private URLs: `https://NAME/…`. */
  readonly name: string;
  readonly url: string;
  readonly streams: boolean;
}

/** The options of `npm start`. */
export interface StartOptions {
  readonly services: readonly OwnService[];
  /** Origins of pages that may read the local suite's configuration and account tokens. */
  readonly origins: readonly string[];
}

export const USAGE = `Usage: npm start -- [--service NAME=URL]… [--stream NAME=URL]… [--origin ORIGIN]…

Runs the whole suite on this machine.
  --service NAME=URL  puts an HTTP API behind the gateway, as https://NAME/…
  --stream NAME=URL   the same, for one whose responses should arrive as it sends them
  --origin ORIGIN     lets the pages of an app that you develop fetch /local.json and POST /local/account
Example: npm start -- --service notes=http://127.0.0.1:3000 --origin http://localhost:5173`;

const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/;
const TAKEN = new Set(['stickers', 'sotto-metadata']);
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** @throws {Error} with one line that names the argument and what to write */
export function parseStart(args: readonly string[]): StartOptions {
  const many = { type: 'string', multiple: true } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { service: many, stream: many, origin: many },
  });
  const services = [
    ...(values.service ?? []).map((text) => ownService('service', text, false)),
    ...(values.stream ?? []).map((text) => ownService('stream', text, true)),
  ];
  const twice = services.find(({ name }, i) => services.findIndex((other) => other.name === name) !== i);
  if (twice !== undefined) throw new Error(`${twice.name} is named twice. Give each service another name.`);
  return { services, origins: (values.origin ?? []).map(originOf) };
}

function ownService(option: string, text: string, streams: boolean): OwnService {
  const at = text.indexOf('=');
  const [name, address] = [text.slice(0, at), text.slice(at + 1)];
  const example = `--${option} notes=http://127.0.0.1:3000`;
  if (at < 1) throw new Error(`--${option} ${text}: write a name and a URL, like ${example}`);
  if (!NAME.test(name) || TAKEN.has(name)) {
    throw new Error(
      `--${option} ${text}: the name must have a-z, 0-9, . and - only and not be ${[...TAKEN].join(' or ')}, like ${example}`,
    );
  }
  const url = URL.parse(address);
  const isPlain = url !== null && url.search + url.hash + url.username + url.password === '';
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.has(url.hostname));
  if (!isPlain || !isSafe) {
    throw new Error(`--${option} ${text}: the URL must be http on this machine, or https, like ${example}`);
  }
  return { name, url: url.href.replace(/\/$/, ''), streams };
}

function originOf(text: string): string {
  if (URL.parse(text)?.origin === text) return text;
  throw new Error(`--origin ${text}: write scheme, host and port and no more, like http://localhost:5173`);
}
