import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeBundle, decodeSignedBundle, type Bundle } from '@sotto/bundle';
import { commandsOf, platformBlocks } from '../../support/documents.ts';
import { runDrill, type Drill, type DrillRow } from './drill.ts';
import { hostOf, type DrillName, type Platform } from './drills.ts';
import { Machine } from './machine.ts';
import { freePorts } from '../../../services/local/src/ports.ts';
import { Accounts } from './workers.ts';

export const EPOCH = 3600; // seconds

export const ROLES = ['METRICS', 'SUPPORT', 'KEYS'] as const;
export type Role = (typeof ROLES)[number];

/** The token of a single role before any drill. */
export const formerToken = (role: Role): string => `former-${role}-`.padEnd(43, '0');

/** Operators A and B on one machine, as `docs/how-to/two-operators.md` sets them up, and the table of their drills. */
export class Operators {
  readonly machine: Machine;
  readonly platform: Platform;
  readonly accounts: Accounts | null;
  readonly rows: DrillRow[] = [];
  readonly tlsPort: number;
  readonly #firstPort: number;
  readonly #databases: string;
  #people = 0;

  private constructor(
    platform: Platform,
    machine: Machine,
    accounts: Accounts | null,
    ports: { readonly first: number; readonly tls: number },
    databases: string,
  ) {
    this.platform = platform;
    this.machine = machine;
    this.accounts = accounts;
    this.#databases = databases;
    this.#firstPort = ports.first;
    this.tlsPort = ports.tls;
    mkdirSync(path.join(machine.folder, 'backups'));
    mkdirSync(this.opt);
    const release = process.env['SOTTO_RELEASE'] ?? '';
    for (const link of ['sotto-before', 'sotto']) symlinkSync(release, path.join(this.opt, link));
  }

  /**
   * Sets both operators up, a minute into an epoch, as the page says.
   *
   * @param databases - options of `sotto init b`
   * @param beforeStart - runs when the folder of B is there and no service of it was started
   */
  static async start(
    platform: Platform,
    databases = '',
    beforeStart: (operators: Operators) => Promise<void> = async () => {},
  ): Promise<Operators> {
    let accounts: Accounts | null = null;
    const isWorkers = platform === 'Workers';
    const machine = await Machine.start(
      isWorkers
        ? (front) => (accounts = new Accounts(mkdtempSync(path.join(tmpdir(), 'sotto-accounts-')), front))
        : null,
    );
    const ports = { first: await freePorts(41), tls: await freePorts(1) };
    const operators = new Operators(platform, machine, accounts, ports, databases);
    await operators.beginEpoch();
    const section = isWorkers ? 'On Cloudflare Workers' : 'On Linux with systemd';
    const [seven] = platformBlocks('docs/how-to/two-operators.md', section, hostOf(platform));
    const commands = (seven ? commandsOf(seven) : []).map(({ text }) => operators.here(text));
    await machine.must(commands[0] ?? '');
    operators.#giveRoles();
    await beforeStart(operators);
    await machine.must(commands.slice(1, 4).join('\n'));
    operators.#followBundlesFaster();
    await machine.must(commands.slice(4).join('\n'));
    return operators;
  }

  /** Where `/opt` is on this machine. */
  get opt(): string {
    return path.join(this.machine.folder, 'opt');
  }

  /** A file of operator A or B. */
  file(...parts: readonly string[]): string {
    return path.join(this.machine.folder, 'ops', ...parts);
  }

  /** The command on this machine: its names, ports and folders. */
  here = (command: string): string =>
    command
      .replaceAll('/opt/', `${this.opt}/`)
      .replaceAll('stickers.example', `stickers.b.test:${this.tlsPort}`)
      .replaceAll(
        /https:\/\/(gateway|issuer|relay)(\.other|\.third)?\.example/g,
        (_, name: string, zone = '') =>
          `https://${name}.${name === 'relay' ? `a${zone}` : 'b'}.test:${this.tlsPort}`,
      )
      .replace(/ init ([ab]) (\S+)/, (text, who: string, folder: string) => {
        const first = this.portOf(folder);
        const epoch = who === 'b' ? ` --epoch-seconds ${EPOCH}${this.#databases}` : '';
        return `${text} --release ${this.opt}/sotto --port ${first}${epoch}`;
      })
      .replaceAll('127.0.0.1:8814', `127.0.0.1:${this.portOf('moved')}`)
      .replaceAll('PORT=8814', `PORT=${this.portOf('moved')}`)
      .replaceAll('/etc/sotto/', `${this.machine.folder}/tls/`)
      .replaceAll('/var/lib/', `${this.machine.folder}/lib/`)
      .replaceAll('/var/backups/', `${this.machine.folder}/backups/`);

  /** The first port of the services of a folder. */
  portOf(folder: string): number {
    return this.#firstPort + 10 * ['ops/b', 'ops/a', 'ops/next', 'ops/tls', 'moved'].indexOf(folder);
  }

  /** The relay asks for the bundle every second, and does not limit the searches of a test. */
  #followBundlesFaster(): void {
    if (this.accounts === null) {
      const settings = 'BUNDLE_SECONDS=1\nRATE_PER_MINUTE=1000\nRATE_BURST=1000\n';
      return appendFileSync(this.file('a/relay.env'), settings);
    }
    const toml = readFileSync(this.file('a/wrangler.toml'), 'utf8');
    const table = '[env.relay.vars]\n';
    writeFileSync(this.file('a/wrangler.toml'), toml.replace(table, `${table}BUNDLE_SECONDS = "1"\n`));
  }

  /** Somebody has a token of each single role. */
  #giveRoles(): void {
    for (const service of ['gateway', 'issuer']) {
      const tokens = ROLES.map((role) => [`OPERATOR_${role}_TOKEN`, formerToken(role)] as const);
      if (this.accounts === null) {
        for (const [name, token] of tokens) writeFileSync(this.file('b', service, name), token);
        continue;
      }
      const file = this.file(`b/${service}.secrets.json`);
      const secrets = JSON.parse(readFileSync(file, 'utf8')) as object;
      writeFileSync(file, JSON.stringify({ ...secrets, ...Object.fromEntries(tokens) }, null, 2));
    }
  }

  /**
   * Runs a drill while a client searches, checks that searches work after it, and adds it to the table. `faultsOf` says
   * whether more searches failed than may.
   *
   * @param config - the relay of the client
   * @param after - the relay of the search after the drill
   */
  async drill(
    name: DrillName,
    follow: (drill: Drill) => Promise<void>,
    { config = 'ops/a', after = config }: { readonly config?: string; readonly after?: string } = {},
  ): Promise<DrillRow> {
    const { machine, platform, here } = this;
    const settled = (given = config, person?: string): Promise<void> => this.search(given, person);
    const row = await runDrill(name, { machine, platform, here, config, settled }, follow);
    this.rows.push(row);
    await this.search(after);
    return row;
  }

  /**
   * A search with a wallet and an account of its own: a wallet that holds tokens of retired keys is refused once for each.
   * It is repeated while the services still work with the epoch, or the table, from before the drill.
   */
  async search(config = 'ops/a', name = `person${++this.#people}`, accounts = 'ops/b'): Promise<void> {
    const account = `export SOTTO_ACCOUNT_TOKEN=$(npx @sotto/cli account ${name} --config ${accounts})`;
    const { out } = await this.machine.eventually(
      `${account}\nnpx @sotto/cli search happy cat --config ${config} --fresh --wallet ${name}`,
    );
    if (!out.includes('😺')) throw new Error(`the search found something else: ${out}`);
  }

  /** Lets time pass until a minute after the next epoch began, so that no boundary is near. */
  async beginEpoch(): Promise<void> {
    const { machine } = this;
    await machine.pass(EPOCH - (Math.floor(machine.now / 1000) % EPOCH) + 60);
  }

  async sign(): Promise<void> {
    await this.machine.eventually(
      'npx @sotto/cli bundle sign --config ops/b --root-secret ops/b.root.secret',
    );
  }

  /** This epoch's bundle. The relay may still serve that of the last one for a moment. */
  async #bundle(): Promise<Bundle> {
    for (let attempt = 0; attempt < 240; attempt++) {
      const bytes = await this.machine.front.get(`relay.a.other.test:${this.tlsPort}`, '/bundle');
      const bundle = decodeBundle(decodeSignedBundle(bytes).bundle);
      if (bundle.sequence === Math.floor(this.machine.now / 1000 / EPOCH)) return bundle;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    throw new Error('the relay serves an old bundle');
  }

  /** Lets epochs pass until the bundle of clients is as wanted. Returns how many that took. */
  async boundariesUntil(
    drill: Drill,
    isWanted: (bundle: Bundle) => boolean,
    ...client: readonly [config?: string, name?: string]
  ): Promise<number> {
    for (let boundaries = 1; boundaries <= 7; boundaries++) {
      await drill.pass(EPOCH, ...client);
      if (isWanted(await this.#bundle())) return boundaries;
    }
    throw new Error('no client learns of the change');
  }

  /** Ends everything, and leaves its rows for the table that the command prints at its end. */
  async close(): Promise<void> {
    await this.machine.close();
    appendFileSync(
      process.env['SOTTO_DRILLS'] ?? '',
      this.rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
    );
  }
}
