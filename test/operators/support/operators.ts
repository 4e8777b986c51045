import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeBundle, decodeSignedBundle, type Bundle } from '@sotto/bundle';
import { commandsOf, platformBlocks } from '../../support/documents.ts';
import { drillTable, runDrill, type Drill, type DrillRow, type Platform } from './drill.ts';
import { Machine } from './machine.ts';
import { portsFrom } from './ports.ts';
import { Accounts } from './workers.ts';

export const EPOCH = 3600; // seconds

/** What a drill follows, and whether searches run meanwhile. */
export interface Page {
  /** `rotate-secrets.md`. */
  readonly page: string;
  /** The title of one section; the whole page without it. */
  readonly section?: string;
  readonly traffic: boolean;
  /** The relay of the searches: `ops/a` by default. */
  readonly config?: string;
}

/** Operators A and B on one machine, as `docs/how-to/two-operators.md` sets them up, and the table of their drills. */
export class Operators {
  readonly machine: Machine;
  readonly platform: Platform;
  readonly accounts: Accounts | null;
  readonly rows: DrillRow[] = [];
  readonly tlsPort: number;
  readonly #firstPort: number;
  #people = 0;

  private constructor(
    machine: Machine,
    accounts: Accounts | null,
    ports: { readonly first: number; readonly tls: number },
  ) {
    this.machine = machine;
    this.accounts = accounts;
    this.platform = accounts === null ? 'Node' : 'Workers';
    this.#firstPort = ports.first;
    this.tlsPort = ports.tls;
    mkdirSync(path.join(machine.folder, 'backups'));
    mkdirSync(this.opt);
    const release = process.env['SOTTO_RELEASE'] ?? '';
    for (const link of ['sotto-before', 'sotto']) symlinkSync(release, path.join(this.opt, link));
  }

  /** Sets both operators up, a minute into an epoch, as the page says. */
  static async start(platform: Platform): Promise<Operators> {
    let accounts: Accounts | null = null;
    const machine = await Machine.start(
      platform === 'Node'
        ? null
        : (front) => (accounts = new Accounts(mkdtempSync(path.join(tmpdir(), 'sotto-accounts-')), front)),
    );
    const ports = { first: await portsFrom(41), tls: await portsFrom(1) };
    const operators = new Operators(machine, accounts, ports);
    await machine.pass(EPOCH - (Math.floor(machine.now / 1000) % EPOCH) + 60);
    const section = platform === 'Node' ? 'On Linux with systemd' : 'On Cloudflare Workers';
    const [seven] = platformBlocks('docs/how-to/two-operators.md', section, platform);
    const commands = (seven ? commandsOf(seven) : []).map(({ text }) => operators.here(text));
    await machine.must(commands.slice(0, 4).join('\n'));
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
      .replaceAll(
        /https:\/\/(gateway|issuer|relay)(\.other|\.third)?\.example/g,
        (_, name: string, zone = '') =>
          `https://${name}.${name === 'relay' ? `a${zone}` : 'b'}.test:${this.tlsPort}`,
      )
      .replace(/ init ([ab]) (\S+)/, (text, who: string, folder: string) => {
        const first = this.portOf(folder);
        const epoch = who === 'b' ? ` --epoch-seconds ${EPOCH}` : '';
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
    if (this.platform === 'Node') {
      const settings = 'BUNDLE_SECONDS=1\nRATE_PER_MINUTE=1000\nRATE_BURST=1000\n';
      return appendFileSync(this.file('a/relay.env'), settings);
    }
    const toml = readFileSync(this.file('a/wrangler.toml'), 'utf8');
    const table = '[env.relay.vars]\n';
    writeFileSync(this.file('a/wrangler.toml'), toml.replace(table, `${table}BUNDLE_SECONDS = "1"\n`));
  }

  /** Runs a drill, checks that searches work after it, and adds it to the table. */
  async drill(
    name: string,
    { page, section, traffic, config = 'ops/a' }: Page,
    follow: (drill: Drill) => Promise<void>,
  ): Promise<DrillRow> {
    const { machine, platform, here } = this;
    const options = {
      machine,
      platform,
      page,
      here,
      traffic,
      config,
      ...(section !== undefined && { section }),
    };
    const settled = (): Promise<void> => this.search(config);
    const row = await runDrill(name, { ...options, settled }, follow);
    this.rows.push(row);
    await this.search(config);
    return row;
  }

  /**
   * A search with a wallet and an account of its own: a wallet that holds tokens of retired keys is refused once for each.
   * It is repeated while the services still work with the epoch, or the table, from before the drill.
   */
  async search(config = 'ops/a', name = `person${++this.#people}`): Promise<void> {
    const account = `export SOTTO_ACCOUNT_TOKEN=$(npx @sotto/cli account ${name} --config ops/b)`;
    const { out } = await this.machine.eventually(
      `${account}\nnpx @sotto/cli search happy cat --config ${config} --fresh --wallet ${name}`,
    );
    if (!out.includes('😺')) throw new Error(`the search found something else: ${out}`);
  }

  async sign(): Promise<void> {
    await this.machine.eventually(
      'npx @sotto/cli bundle sign --config ops/b --root-secret ops/b.root.secret',
    );
  }

  /** This epoch's bundle. The relay may still serve that of the last one for a moment. */
  async #bundle(): Promise<Bundle> {
    for (let attempt = 0; attempt < 40; attempt++) {
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
      await drill.pass(EPOCH);
      await this.search(...client);
      if (isWanted(await this.#bundle())) return boundaries;
    }
    throw new Error('no client learns of the change');
  }

  /** Ends everything. Returns the table of the drills. */
  async close(): Promise<string> {
    await this.machine.close();
    return drillTable(this.rows);
  }
}
