import path from 'node:path';
import type { Miniflare } from 'miniflare';
import { DAY } from '@sotto/wire';
import { accountToken, attesterConfig } from './account.ts';
import { servePage } from './page-server.ts';
import { freePorts } from './ports.ts';
import { makeSecrets, type Secrets } from './secrets.ts';
import { openLog } from './log.ts';
import { signBundles } from './signer.ts';
import { EMPTY_REPORT, Taps, type TapReport } from './taps/taps.ts';
import { tcpTap, type TcpTap } from './taps/tcp-tap.ts';
import { SERVICES, startWorkers, type ChangeWorker, type PerService, type ServiceName } from './workers.ts';

export interface SuiteOptions {
  /** The relay's port; gateway, issuer, stickers, the page and the witness use the next five. Default: free ports. */
  readonly port?: number;
  /** Folder for the Durable Objects' storage. Default: memory. */
  readonly persist?: string;
  readonly secrets?: Secrets;
  /** Puts taps between the parts, for the page and `sotto explain`. */
  readonly taps?: boolean;
  /** Serves the page and /local.json. */
  readonly page?: boolean;
  /** Logs the bundles, with one mirror as witness, so that clients can pin a policy. */
  readonly log?: boolean;
  /** Origins of other pages that may read /local.json and account tokens. */
  readonly origins?: readonly string[];
  readonly epochSeconds?: number;
  /** More Workers in Miniflare's format, such as the drivers of a test. */
  readonly workers?: readonly unknown[];
  /** Changes the code of Workers, for a measurement. */
  readonly change?: ChangeWorker;
  /** Receives everything that workerd and its Workers write to their log. */
  readonly onOutput?: (text: string) => void;
  /** Variables that replace those of wrangler.toml. */
  readonly vars?: Partial<Record<ServiceName, Readonly<Record<string, string>>>>;
}

export interface Suite {
  readonly urls: PerService<string> & { readonly page: string; readonly witness?: string };
  /** The policy of the log; null without a log. */
  readonly policy: string | null;
  readonly secrets: Secrets;
  readonly miniflare: Miniflare;
  /** A bearer token of the development attester for any account name. */
  account(name: string): Promise<string>;
  /** Runs every cron once: keys are generated and destroyed, bundles signed and logged, the bundle fetched. */
  tick(): Promise<void>;
  /** The messages that the parts received after message `since`; empty without taps. */
  report(since?: number): TapReport;
  dispose(): Promise<void>;
}

/** Starts the whole suite on one machine: Workers in one workerd, each on its own loopback port. */
export async function startSuite(options: SuiteOptions = {}): Promise<Suite> {
  const secrets = options.secrets ?? (await makeSecrets());
  const taps = options.taps ? new Taps() : null;
  const ports = await publicPorts(options.port);
  const workerPorts = taps ? await publicPorts(undefined) : ports;
  const urls = mapServices((service) => `http://127.0.0.1:${ports[service]}`);
  const tcpTaps = taps ? await tapPorts(taps, ports, workerPorts) : [];
  const witness = `http://127.0.0.1:${ports.witness}`;
  const { epochSeconds = DAY, persist } = options;
  const folder = persist === undefined ? null : path.join(persist, 'log');
  const log = options.log ? await openLog({ secrets, witness, epochSeconds, folder }) : null;
  const miniflare = await startWorkers({
    ports: { ...core(workerPorts), ...(log && { witness: ports.witness }) },
    vars: { ...variables(secrets, urls, options), ...(log && { witness: log.witnessVariables }) },
    ...(persist !== undefined && { persist }),
    ...(taps && { taps }),
    ...(options.workers && { others: options.workers }),
    ...(options.change && { change: options.change }),
    ...(options.onOutput && { onOutput: options.onOutput }),
  });
  const account = (name: string): Promise<string> => accountToken(secrets.attester, name);
  const tick = async (): Promise<void> => {
    await runCron(miniflare, 'issuer');
    await runCron(miniflare, 'gateway');
    await signBundles(urls.gateway, secrets);
    await log?.add(urls.gateway);
    await runCron(miniflare, 'relay');
  };
  const report = (since?: number): TapReport => taps?.report(since) ?? EMPTY_REPORT;
  await tick();
  if (options.page) await warmUp(urls.stickers);
  const withWitness = { ...urls, ...(log && { witness }) };
  const page = options.page
    ? await servePage(ports.page, {
        urls: withWitness,
        secrets,
        policy: log?.policy ?? null,
        account,
        report,
        epochSeconds,
        origins: options.origins ?? [],
      })
    : null;
  return {
    urls: { ...withWitness, page: `http://127.0.0.1:${ports.page}` },
    policy: log?.policy ?? null,
    secrets,
    miniflare,
    account,
    tick,
    report,
    dispose: async () => {
      await page?.close();
      await Promise.all(tcpTaps.map((tap) => tap.close()));
      await miniflare.dispose();
    },
  };
}

/** Puts a tap between each public port and the Worker's own port. */
function tapPorts(taps: Taps, ports: PerService<number>, workerPorts: PerService<number>): Promise<TcpTap[]> {
  return Promise.all([
    tcpTap(ports.relay, at(workerPorts.relay), taps.toRelay),
    tcpTap(ports.gateway, at(workerPorts.gateway), taps.toGateway),
    tcpTap(ports.issuer, at(workerPorts.issuer), taps.toIssuer),
    tcpTap(ports.stickers, at(workerPorts.stickers), () => {}),
  ]);
}

async function runCron(miniflare: Miniflare, service: ServiceName): Promise<void> {
  const worker = await miniflare.getWorker(`sotto-${service}`);
  await worker.scheduled({ cron: '*/10 * * * *' });
}

/** Opens the indexes of all languages, so that the first search of a person does not run into the gateway's time limit. */
async function warmUp(stickers: string): Promise<void> {
  await fetch(`${stickers}/v1/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"q":"a"}',
  }).then((response) => response.arrayBuffer());
}

const core = ({ relay, gateway, issuer, stickers }: PerService<number>): PerService<number> => ({
  relay,
  gateway,
  issuer,
  stickers,
});

const at = (port: number) => ({ host: '127.0.0.1', port });

function mapServices<T>(of: (service: ServiceName) => T): Record<ServiceName, T> {
  return Object.fromEntries(SERVICES.map((service) => [service, of(service)])) as Record<ServiceName, T>;
}

function variables(
  secrets: Secrets,
  urls: PerService<string>,
  { epochSeconds = DAY, vars = {} }: SuiteOptions,
): PerService<Record<string, string>> {
  const common = { LOCAL: 'true', OPERATOR_TOKEN: secrets.operatorToken, EPOCH_SECONDS: `${epochSeconds}` };
  return {
    relay: {
      LOCAL: 'true',
      GATEWAYS: JSON.stringify({ '': urls.gateway }),
      RELAY_TOKENS: JSON.stringify({ '': secrets.relayToken }),
      ...vars.relay,
    },
    gateway: {
      ...common,
      ROOT: secrets.root,
      RELAY_TOKEN: secrets.relayToken,
      KEY_WRAPPING_KEY: secrets.gatewayWrappingKey,
      METADATA: 'true', // for `npx sotto probe`
      ...vars.gateway,
    },
    issuer: {
      ...common,
      ISSUER_NAME: 'issuer.local',
      ISSUER_URL: urls.issuer,
      ATTESTERS: JSON.stringify([attesterConfig(secrets.attester)]),
      ACCOUNT_KEY: secrets.accountKey,
      KEY_WRAPPING_KEY: secrets.issuerWrappingKey,
      ...vars.issuer,
    },
    stickers: { ...vars.stickers },
  };
}

type PortName = ServiceName | 'page' | 'witness';

async function publicPorts(given: number | undefined): Promise<Record<PortName, number>> {
  const names = [...SERVICES, 'page', 'witness'] as const;
  const base = given ?? (await freePorts(names.length));
  return Object.fromEntries(names.map((name, i) => [name, base + i])) as Record<PortName, number>;
}
