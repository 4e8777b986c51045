import path from 'node:path';
import { accountToken, attesterConfig } from '../../services/local/src/account.ts';
import { makeSecrets, type Secrets } from '../../services/local/src/secrets.ts';
import { signBundles } from '../../services/local/src/signer.ts';
import { freePorts } from '../../services/local/src/ports.ts';
import { type Suite } from '../../services/local/src/suite.ts';
import { running, type Killable } from './killable.ts';

export type Part = 'relay' | 'gateway' | 'issuer' | 'stickers';

/** The whole suite as four Node processes over SQLite, without Workers. */
export interface SuiteOnNode extends Pick<Suite, 'secrets' | 'account'> {
  readonly urls: Urls;
  /** Kills one part and starts it again with the same store, and from now on with these variables. */
  restart(part: Part, vars?: Readonly<Record<string, string>>): Promise<void>;
  /** Stops one part as an operator does, until it is restarted. */
  stop(part: Part): Promise<void>;
  /** The process id of a part. */
  pid(part: Part): number;
  /** The variables of each part, for a second one beside it. */
  readonly env: Readonly<Record<Part, Readonly<Record<string, string>>>>;
  close(): Promise<void>;
}

/** The program of a part. */
export interface PartProgram {
  /** The program's entry, absolute or in this repository. */
  readonly file: string;
  /** The path of a Node, and its options. */
  readonly node?: string;
  readonly nodeOptions?: readonly string[];
}

type Urls = Readonly<Record<Part | 'internal' | 'gatewayOperator' | 'issuerOperator', string>>;

export interface SuiteOnNodeOptions {
  /** The relay's port; gateway, issuer, stickers and the private listeners use the next six. Default: free ports. */
  readonly port?: number;
  /** URLs under which a part reaches another, such as those of proxies. */
  readonly through?: Partial<Urls>;
  /** Rows added to the gateway's table, and members that replace those of every row. */
  readonly rows?: readonly object[];
  readonly row?: object;
  /** Variables that are added, or replace others. */
  readonly vars?: Partial<Record<Part, Readonly<Record<string, string>>>>;
  /** The program of a part. Default: its source, on the Node that runs this. */
  readonly programOf?: (part: Part) => PartProgram;
}

/** The URLs of a suite on Node whose relay has this port. */
export function urlsFrom(port: number): Urls {
  const at = (i: number): string => `http://127.0.0.1:${port + i}`;
  const [gatewayOperator, issuerOperator] = [at(5), at(6)];
  return {
    relay: at(0),
    gateway: at(1),
    issuer: at(2),
    stickers: at(3),
    internal: at(4),
    gatewayOperator,
    issuerOperator,
  };
}

/** @param folder - for the stores of issuer and gateway */
export async function suiteOnNode(folder: string, options: SuiteOnNodeOptions = {}): Promise<SuiteOnNode> {
  const secrets = await makeSecrets();
  const urls = urlsFrom(options.port ?? (await freePorts()));
  const { programOf = (part): PartProgram => ({ file: `services/${part}/src/node.ts` }) } = options;
  const env = environments(secrets, urls, folder, options);
  const parts = new Map<Part, Killable>();
  const start = async (part: Part): Promise<void> => {
    const { file, nodeOptions, node } = programOf(part);
    parts.set(part, await running(file, env[part], nodeOptions, node));
  };
  await Promise.all([start('stickers'), start('issuer')]);
  await start('gateway');
  await signBundles(urls.gatewayOperator, secrets);
  await start('relay');
  return {
    secrets,
    urls,
    account: (name) => accountToken(secrets.attester, name),
    env,
    pid: (part) => parts.get(part)?.pid ?? 0,
    stop: async (part) => parts.get(part)?.kill('SIGTERM'),
    restart: async (part, vars) => {
      Object.assign(env[part], vars);
      await parts.get(part)?.kill();
      await start(part);
    },
    close: async () => {
      await Promise.all(Array.from(parts.values(), (part) => part.kill()));
    },
  };
}

const ROW = { idempotent: true, requestLength: 1024, responseLength: 163_840 };

function environments(
  secrets: Secrets,
  urls: Urls,
  folder: string,
  { through = {}, rows = [], row: changed = {}, vars = {} }: SuiteOnNodeOptions,
): Record<Part, Record<string, string>> {
  const port = (url: string): string => new URL(url).port;
  const seen = { ...urls, ...through };
  const target = { url: seen.stickers, private: ['127.0.0.1'] };
  const row = { ...ROW, ...changed };
  const common = { OPERATOR_TOKEN: secrets.operatorToken };
  return {
    stickers: { PORT: port(urls.stickers), ...vars.stickers },
    issuer: {
      ...common,
      LOCAL: 'true', // its URL is plain http here
      PORT: port(urls.issuer),
      OPERATOR_PORT: port(urls.issuerOperator),
      STORE: path.join(folder, 'issuer.sqlite'),
      INTERNAL_PORT: port(urls.internal),
      INTERNAL_TOKEN: secrets.accountKey,
      ISSUER_NAME: 'issuer.local',
      ISSUER_URL: seen.issuer,
      SERVICES: JSON.stringify([{ name: 'stickers', types: [5], batch: [30], quota: { default: 300 } }]),
      ATTESTERS: JSON.stringify([attesterConfig(secrets.attester)]),
      ACCOUNT_KEY: secrets.accountKey,
      KEY_WRAPPING_KEY: secrets.issuerWrappingKey,
      ...vars.issuer,
    },
    gateway: {
      ...common,
      PORT: port(urls.gateway),
      OPERATOR_PORT: port(urls.gatewayOperator),
      STORE: path.join(folder, 'gateway.sqlite'),
      ISSUER: seen.internal,
      ISSUER_TOKEN: secrets.accountKey,
      ROOT: secrets.root,
      RELAY_TOKEN: secrets.relayToken,
      PROVIDER: 'operator-b',
      KEY_WRAPPING_KEY: secrets.gatewayWrappingKey,
      SERVICES: JSON.stringify([
        { ...row, name: 'stickers', target, token: { type: 5 } },
        { ...row, name: 'open', target, token: 'none' },
        // A name that resolves to this machine although its row permits no private address, as after DNS hijacking.
        { ...row, name: 'taken', target: { url: 'https://localhost' }, token: 'none' },
        ...rows,
      ]),
      ...vars.gateway,
    },
    relay: {
      LOCAL: 'true', // its gateway is plain http here
      PORT: port(urls.relay),
      GATEWAYS: JSON.stringify({ '': seen.gateway }),
      RELAY_TOKENS: JSON.stringify({ '': secrets.relayToken }),
      ...vars.relay,
    },
  };
}
