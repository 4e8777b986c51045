/** The runtime and store of services: Node over SQLite or over PostgreSQL, or Workers. */
export type Platform = 'Node' | 'PostgreSQL' | 'Workers';

/** The platform whose commands of a page are followed. */
export const hostOf = (platform: Platform): 'Node' | 'Workers' =>
  platform === 'Workers' ? 'Workers' : 'Node';

const BOTH = ['Node', 'Workers'] as const;
const ON_NODE = ['Node'] as const;

/** A page that operators follow while a client searches. */
export interface DrillPage {
  /** In `docs/how-to/`. */
  readonly page: string;
  /** The title of one section; the whole page without it. */
  readonly section?: string;
  readonly platforms: readonly Platform[];
  /** Why searches fail until an epoch ends, if the page says that they do. */
  readonly outage?: string;
}

const UNTIL_THE_EPOCH_ENDS = 'every key is retired, so nothing is issued or redeemed until the epoch ends';

const secret = (section: string, platforms: readonly Platform[] = BOTH): DrillPage => ({
  page: 'rotate-secrets.md',
  section,
  platforms,
});

/** Every drill. Each is run by the test of each of its platforms. */
export const DRILLS = {
  'change RELAY_TOKEN': secret('RELAY_TOKEN'),
  'change OPERATOR_TOKEN': secret('OPERATOR_TOKEN'),
  'change the tokens of single roles': secret(
    'OPERATOR_METRICS_TOKEN, OPERATOR_SUPPORT_TOKEN and OPERATOR_KEYS_TOKEN',
  ),
  'change INTERNAL_TOKEN': secret('INTERNAL_TOKEN (issuer) and ISSUER_TOKEN (gateway), on Node', ON_NODE),
  'change KEY_WRAPPING_KEY': secret('KEY_WRAPPING_KEY'),
  'change ACCOUNT_KEY': secret('ACCOUNT_KEY'),
  'change the key of the account server': secret('The key of the account server'),
  'change ROOT': secret('ROOT'),
  'change the passwords of PostgreSQL': secret('STORE_PASSWORD and QUOTA_STORE_PASSWORD', ['PostgreSQL']),
  'renew a certificate': secret('The TLS certificate, on Node', ON_NODE),
  'back up': { page: 'back-up-and-restore.md', section: 'Back up', platforms: ON_NODE },
  'restore the gateway': {
    page: 'back-up-and-restore.md',
    section: 'Restore the gateway',
    platforms: ON_NODE,
  },
  'restore the issuer': {
    page: 'restore-the-issuer.md',
    platforms: ON_NODE,
    outage: UNTIL_THE_EPOCH_ENDS,
  },
  'lose the store of the issuer': {
    page: 'back-up-and-restore.md',
    section: 'Lose the store of the issuer',
    platforms: BOTH,
    outage: UNTIL_THE_EPOCH_ENDS,
  },
  'sign offline by files': { page: 'sign-bundles-offline.md', platforms: BOTH },
  'upgrade to N+1': { page: 'upgrade.md', section: 'Upgrade', platforms: BOTH },
  'back to N': { page: 'upgrade.md', section: 'Go back', platforms: BOTH },
  'move to PostgreSQL': {
    page: 'scale.md',
    section: 'Move from SQLite to PostgreSQL',
    platforms: ['PostgreSQL'],
  },
  'add a service': { page: 'change-services.md', section: 'Add', platforms: BOTH },
  'change the lengths': { page: 'change-services.md', section: 'Change the lengths', platforms: BOTH },
  'move a service': { page: 'change-services.md', section: 'Change', platforms: BOTH },
  'remove a service': { page: 'change-services.md', section: 'Remove', platforms: BOTH },
  'change the relay': { page: 'change-relay.md', platforms: BOTH },
} as const satisfies Readonly<Record<string, DrillPage>>;

export type DrillName = keyof typeof DRILLS;

/** The page of a drill. */
export const pageOf = (name: DrillName): DrillPage => DRILLS[name];

/** The drills that a platform has. */
export const drillsOn = (platform: Platform): DrillName[] =>
  (Object.keys(DRILLS) as DrillName[]).filter((name) => pageOf(name).platforms.includes(platform));

/** Every drill on every platform that has it. */
export const DRILL_RUNS = (Object.keys(DRILLS) as DrillName[]).flatMap((drill) =>
  pageOf(drill).platforms.map((platform) => ({ drill, platform })),
);
