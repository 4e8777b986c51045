import path from 'node:path';
import { logFolderOf, logSecretOf } from '../log/new-log.ts';
import type { OperatorAOptions } from './operator-a.ts';
import type { OperatorBOptions } from './operator-b.ts';
import type { Databases } from './postgres.ts';
import type { Hosting } from './settings.ts';

const SOTTO = 'npx @sotto/cli';

/** The command that starts all services of a folder. */
function startCommand(hosting: Hosting, folder: string, workers: readonly string[]): string {
  if (hosting === 'node') return `systemctl enable --now ${folder}/systemd/*.service`;
  if (hosting === 'compose') return `docker compose --project-directory ${folder} up -d`;
  const deploy = (name: string): string =>
    `npx wrangler deploy --config ${folder}/wrangler.toml --env ${name} --secrets-file ${folder}/${name}.secrets.json`;
  const [first = ''] = workers;
  if (workers.length === 1) return deploy(first);
  return `for worker in ${workers.join(' ')}; do ${deploy('$worker')}; done`;
}

const console = (commands: readonly string[]): string =>
  `\`\`\`console\n${commands.map((line) => `$ ${line}\n`).join('')}\`\`\``;

const PROXIES: Readonly<Record<Hosting, string>> = {
  node: `Caddy terminates TLS and gets the certificates itself. With nginx or HAProxy use \`proxy/nginx.conf\` or \`proxy/haproxy.cfg\`, put the certificates into \`tls/\`,
and leave \`sotto-proxy.service\` out.`,
  compose: 'The container `proxy` terminates TLS and gets the certificates itself.',
  workers: 'The platform terminates TLS.',
};

const CLUSTERS_IN_COMPOSE = `
## PostgreSQL

Gateway and issuer run twice, behind the container \`balancer\`, over two clusters: \`postgres-tokens\` has keys and spent tokens, \`postgres-quotas\` the quotas.
To update without an outage, restart \`gateway\` and \`issuer\` first, and \`gateway-2\` and \`issuer-2\` when those are ready.
Everything is on this one machine, so there is no standby, which \`STORE_RISKS\` accepts. If the machine is lost, so are the stores, as with SQLite.
`;

const clustersElsewhere = ({ tokens, quotas }: Databases, folder: string): string => `
## PostgreSQL

Two clusters of PostgreSQL 15 or newer, each with a synchronous standby: services do not start without one. Run each script once, as a superuser:

\`\`\`sh
psql -h ${hostOf(tokens)} -d postgres -f ${folder}/postgres/tokens.sql
psql -h ${hostOf(quotas)} -d postgres -f ${folder}/postgres/quotas.sql
\`\`\`

Each role has rights only in the database of its own name. In \`pg_hba.conf\`, allow it to log in only there, and only with TLS:

\`\`\`
hostssl sameuser sotto_issuer,sotto_gateway,sotto_quotas ADDRESSES-OF-THE-SERVICES scram-sha-256
\`\`\`

Certificates are always verified. If the servers' authority is your own, add \`STORE_CA_FILE\` with its path to \`gateway.env\` and \`issuer.env\`.

Every machine that runs gateway and issuer has a copy of this folder, without the root secret. A balancer sends it requests while \`/readyz\` of its
operator listeners answers 200 (docs/how-to/scale.md). What a failover needs is in specs/storage.md.
`;

function postgresOf(databases: Databases | null, folder: string): string {
  if (databases === null) return '';
  return databases.inCompose ? CLUSTERS_IN_COMPOSE : clustersElsewhere(databases, folder);
}

const hostOf = (address: string): string => address.replace(/:(\d+)$/, ' -p $1');

const logOfB = (folder: string, rootSecret: string): string => `## Log

Anybody can see which keys clients were given, because every bundle is logged. \`${logFolderOf(folder)}\` is the log, which is public: back it up after each run. Move it with its
secret, \`${logSecretOf(folder)}\`, to the machine that signs. When operator A has sent the policy with its witness, copy it there, and sign with it from then on:

${console([`cp policy ${logFolderOf(folder)}/policy`, `${SOTTO} bundle sign --config ${folder} --root-secret ${rootSecret} --log ${logFolderOf(folder)} --log-secret ${logSecretOf(folder)}`])}

Sign every second day, or with \`--ahead 7\` once a week; what is logged cannot be replaced. Apps pin the policy beside the root.

`;

/** The next commands of operator B. */
export function readmeOfB({
  folder,
  rootSecret,
  hosting,
  attester,
  databases,
  gateway,
  issuer,
  provider,
  log,
}: OperatorBOptions): string {
  const start = startCommand(hosting, folder, ['stickers', 'issuer', 'gateway']);
  const invite = path.join(folder, 'invite.json');
  return `# Operator B: gateway, issuer, stickers

${gateway.origin} and ${issuer.origin}. Files with mode 0600 are secret: keep this folder out of every repository.

## Now

1. Move \`${rootSecret}\` to an offline machine, and sign from there (docs/how-to/sign-bundles-offline.md). Anyone with this file can sign bundles with other keys, and clients accept them.
2. ${databases === null || databases.inCompose ? 'Start' : 'Make the databases (below), start'} the services, then sign the bundles of the first seven epochs:

${console([start, `${SOTTO} bundle sign --config ${folder} --root-secret ${rootSecret}`])}

3. Give \`${invite}\` to operator A, who runs the relay, over a channel that both of you trust. Operator A must be another company:

${console([`${SOTTO} init a DIR --invite invite.json --relay URL`])}

   \`PROVIDER=${provider}\` says whose machines the gateway runs on. If you rent them, it must name the company: a relay at the same one serves nobody until its operator
   sets \`ALLOW_ONE_PROVIDER=true\`, because that company could combine what both see.

4. Find what is wrong before the first client does:

${console([`${SOTTO} check --config ${folder}`])}

${PROXIES[hosting]}
${hosting === 'workers' ? '\n`RELAY_EGRESS` in `wrangler.toml` is for a relay that is a Worker in another zone. For a relay on Node name its own address there.\n' : ''}
${postgresOf(databases, folder)}
## Accounts

${
  attester === null
    ? `\`attester.jwk\` is for development: it vouches for any account. \`${SOTTO} account --config ${folder}\` makes an account token with it.
Before the first user set \`ATTESTERS\` of the issuer to your own identity provider and delete the file.`
    : `The issuer accepts account tokens of ${attester.issuer}.`
}

${log === null ? '' : logOfB(folder, rootSecret)}## Every week

Sign again: the bundles of seven epochs are signed ahead, and clients stop when none is left. \`${SOTTO} check\` and the metric \`sotto_gateway_bundle_signed_until\`
say how long the signatures last.
`;
}

const witnessOfA = (witness: URL): string => `## Witness

${witness.origin} mirrors operator B's log of key bundles and cosigns one history of it. Send \`policy\` to operator B before anything is logged; it is not secret. Never change
\`WITNESS_NAME\` and \`WITNESS_KEY\`, and never start it again with an empty or restored store: it would cosign a second history.

`;

/** The next commands of operator A. */
export function readmeOfA({
  folder,
  hosting,
  relay,
  invite,
  provider,
  allowOneProvider,
  witness,
}: OperatorAOptions): string {
  const workers = witness === null ? ['relay'] : ['relay', 'witness'];
  return `# Operator A: relay${witness === null ? '' : ', and witness'}

${relay.origin}, for the gateway ${invite.gateway}. The relay stores nothing.

\`PROVIDER=${provider}\` names the provider of the relay's machines. If you rent them, it must name the company: the relay serves nobody while the gateway is at the same one.
${
  allowOneProvider
    ? `\`ALLOW_ONE_PROVIDER=true\` accepts that ${provider} runs both and could combine what both see. Tell your users that they trust it not to.\n`
    : ''
}
${console([startCommand(hosting, folder, workers), `${SOTTO} check --config ${folder}`, `${SOTTO} probe --config ${folder}`])}

${witness === null ? '' : witnessOfA(witness)}\`client.json\` is what an app pins${witness === null ? '' : ', with `policy`'}. A private search with it:

${console([`${SOTTO} search happy cat --config ${folder}`])}

${PROXIES[hosting]}
`;
}
