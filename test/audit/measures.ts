import type { AuditRow, Evidence } from '../../packages/cli/src/audit/report.ts';
import { PIECES, type Channel } from '../leaks/bits.ts';

/** The object of `npm run soak -- --json`. */
export interface SoakFigures {
  readonly histories: number;
  readonly doubled: number;
  readonly lost: number;
  readonly overQuota: number;
  readonly redemptionsPerSecond: number;
  readonly errors: number;
  readonly short: number;
  readonly mostShort: boolean;
  readonly ledgerP99: number;
}

interface Component {
  readonly name: string;
  readonly version?: string;
  readonly licenses?: readonly unknown[];
  readonly hashes?: readonly unknown[];
}

/** What `npm run release` wrote. */
export interface Release {
  /** SHA-256 of each file. */
  readonly digests: Readonly<Record<string, string>>;
  readonly components: readonly Component[];
}

/** The figures of the commands that ran; null for one that did not run, or that did not end. */
export interface Figures {
  /** Lines of `npm run leaks -- --json`. */
  readonly leaks: readonly Channel[] | null;
  readonly soak: SoakFigures | null;
  readonly release: Release | null;
}

const row = (
  id: string,
  what: string,
  command: string,
  good: boolean,
  measured?: AuditRow['measured'],
): AuditRow => ({
  id,
  what,
  status: good ? 'pass' : 'fail',
  evidence: [{ command, status: good ? 'pass' : 'fail' }],
  ...(measured !== undefined && { measured }),
});

const notRun = (id: string, command: string): AuditRow => ({
  id,
  what: `${command} did not run, or did not end`,
  status: 'not-run',
  evidence: [{ command, status: 'not-run' }],
});

/** Rows from the figures of commands. */
export class Measures {
  readonly #figures: Figures;

  constructor(figures: Figures) {
    this.#figures = figures;
  }

  leakRows(): AuditRow[] {
    const { leaks } = this.#figures;
    const command = 'npm run leaks';
    if (leaks === null || leaks.length === 0) return [notRun('leaks', command)];
    return leaks.map(({ channel, bits, distinct, samples }) => {
      const byDesign = PIECES.has(channel);
      const what = byDesign
        ? `${channel}: tells something by design (specs/threat-model.md)`
        : `${channel}: 0 bits`;
      return row(`leak-${channel}`, what, command, byDesign || bits === 0, { bits, distinct, samples });
    });
  }

  soakRows(): AuditRow[] {
    const { soak } = this.#figures;
    const command = 'npm run soak';
    if (soak === null) return [notRun('soak', command)];
    const { doubled, lost, overQuota, errors, short, mostShort } = soak;
    return [
      row('soak-doubled', 'no token is redeemed twice', command, doubled === 0, { doubled }),
      row('soak-lost', 'nothing acknowledged is lost', command, lost === 0, { lost }),
      row('soak-quota', 'no account gets more than its quota', command, overQuota === 0, { overQuota }),
      row('soak-errors', 'no request of the load fails', command, errors === 0, {
        errors,
        redemptionsPerSecond: soak.redemptionsPerSecond,
        ledgerP99: soak.ledgerP99,
        histories: soak.histories,
      }),
      row('soak-tokens', 'most redemptions of the load have a token', command, !mostShort, { short }),
    ];
  }

  releaseRows(): AuditRow[] {
    const { release } = this.#figures;
    const command = 'npm run release';
    if (release === null) return [notRun('release', command)];
    const { digests, components } = release;
    const without = (member: 'licenses' | 'hashes'): string[] =>
      components.filter((one) => (one[member] ?? []).length === 0).map(({ name }) => name);
    const files = Object.keys(digests);
    const said = (what: string, names: readonly string[]): string =>
      names.length === 0 ? what : `${what}; not ${names.join(', ')}`;
    const [unlicensed, unhashed] = [without('licenses'), without('hashes')];
    return [
      row('release-files', 'every file of the release has a digest', command, files.length > 0),
      row(
        'release-licences',
        said('every component has a licence', unlicensed),
        command,
        components.length > 0 && unlicensed.length === 0,
      ),
      row(
        'release-hashes',
        said('every component has the hash of its package', unhashed),
        command,
        components.length > 0 && unhashed.length === 0,
      ),
    ];
  }

  /** What a command says as evidence of a claim. */
  evidence(command: string): Evidence {
    const commands = new Map([
      ['npm run leaks', () => this.leakRows()],
      ['npm run soak', () => this.soakRows()],
      ['npm run release', () => this.releaseRows()],
    ]);
    const rows = commands.get(command)?.();
    if (rows === undefined || rows.some(({ status }) => status === 'not-run'))
      return { command, status: 'not-run' };
    return { command, status: rows.every(({ status }) => status === 'pass') ? 'pass' : 'fail' };
  }
}
