import path from 'node:path';
import { accountToken, attesterConfig } from '../../services/local/src/account.ts';
import { makeSecrets, type Secrets } from '../../services/local/src/secrets.ts';
import { signBundles } from '../../services/local/src/signer.ts';
import { freePorts, type Suite } from '../../services/local/src/suite.ts';
import { running, type Killable } from './killable.ts';

export type Part = 'relay' | 'gateway' | 'issuer' | 'stickers';

/** The whole suite as four Node processes over SQLite, without Workers. */
export interface SuiteOnNode extends Pick<Suite, 'secrets' | 'account'> {
  readonly urls: Readonly<Record<Part, string>>;
  /** Kills one part and starts it again with the same store. */
  restart(part: Part): Promise<void>;
  close(): Promise<void>;
}

/** What runs a part. */
export interface PartProgram {
  /** The program's entry, absolute or in this repository. */
  readonly file: string;
  /** The path of a Node, and its options. */
  readonly node?: string;
  readonly nodeOptions?: readonly string[];
}

/**
 * @param folder - for the stores of issuer and gateway
 * @param programOf - what runs a part. Default: its source, on the Node that runs this
 */
export async function suiteOnNode(
  folder: string,
  programOf: (part: Part) => PartProgram = (part) => ({ file: `services/${part}/src/node.ts` }),
): Promise<SuiteOnNode> {
  const secrets = await makeSecrets();
  const port = await freePorts();
  const at = (i: number): string => `http://127.0.0.1:${port + i}`;
  const [relay, gateway, issuer, stickers, internal] = [0, 1, 2, 3, 4].map(at) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const env = environments(secrets, { relay, gateway, issuer, stickers, internal }, folder);
  const parts = new Map<Part, Killable>();
  const start = async (part: Part): Promise<void> => {
    const { file, nodeOptions, node } = programOf(part);
    parts.set(part, await running(file, env[part], nodeOptions, node));
  };
  await Promise.all([start('stickers'), start('issuer')]);
  await start('gateway');
  await signBundles(gateway, secrets);
  await start('relay');
  return {
    secrets,
    urls: { relay, gateway, issuer, stickers },
    account: (name) => accountToken(secrets.attester, name),
    restart: async (part) => {
      await parts.get(part)?.kill();
      await start(part);
    },
    close: async () => {
      await Promise.all(Array.from(parts.values(), (part) => part.kill()));
    },
  };
}

const row = { idempotent: true, requestLength: 1024, responseLength: 98_304 };

function environments(
  secrets: Secrets,
  urls: Readonly<Record<Part | 'internal', string>>,
  folder: string,
): Record<Part, Record<string, string>> {
  const port = (url: string): string => new URL(url).port;
  const target = { url: urls.stickers, private: ['127.0.0.1'] };
  const common = { OPERATOR_TOKEN: secrets.operatorToken };
  return {
    stickers: { PORT: port(urls.stickers) },
    issuer: {
      ...common,
      LOCAL: 'true', // its URL is plain http here
      PORT: port(urls.issuer),
      STORE: path.join(folder, 'issuer.sqlite'),
      INTERNAL_PORT: port(urls.internal),
      INTERNAL_TOKEN: secrets.accountKey,
      ISSUER_NAME: 'issuer.local',
      ISSUER_URL: urls.issuer,
      SERVICES: JSON.stringify([{ name: 'stickers', types: [5], batch: [30], quota: { default: 300 } }]),
      ATTESTERS: JSON.stringify([attesterConfig(secrets.attester)]),
      ACCOUNT_KEY: secrets.accountKey,
      KEY_WRAPPING_KEY: secrets.issuerWrappingKey,
    },
    gateway: {
      ...common,
      PORT: port(urls.gateway),
      STORE: path.join(folder, 'gateway.sqlite'),
      ISSUER: urls.internal,
      ISSUER_TOKEN: secrets.accountKey,
      ROOT: secrets.root,
      RELAY_TOKEN: secrets.relayToken,
      KEY_WRAPPING_KEY: secrets.gatewayWrappingKey,
      SERVICES: JSON.stringify([
        { ...row, name: 'stickers', target, token: { type: 5 } },
        { ...row, name: 'open', target, token: 'none' },
        // A name that resolves to this machine although its row permits no private address, as after DNS hijacking.
        { ...row, name: 'taken', target: { url: 'https://localhost' }, token: 'none' },
      ]),
    },
    relay: {
      LOCAL: 'true', // its gateway is plain http here
      PORT: port(urls.relay),
      GATEWAYS: JSON.stringify({ '': urls.gateway }),
      RELAY_TOKENS: JSON.stringify({ '': secrets.relayToken }),
    },
  };
}
