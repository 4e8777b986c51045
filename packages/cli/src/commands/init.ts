import { randomFillSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { rootPublicKey } from '@sotto/bundle';
import { base64url, DAY, type Bytes } from '@sotto/wire';
import { count, noMore } from '../arguments.ts';
import { command, Failure, UsageError, type OptionSpecs } from '../command.ts';
import { bytesOfText } from '../fetching.ts';
import type { Owner } from '../init/compose.ts';
import { origin, readInvite } from '../init/invite.ts';
import { mirrorNotice } from '../init/mirror.ts';
import { operatorA } from '../init/operator-a.ts';
import { databasesOf } from '../init/postgres.ts';
import { DEVELOPMENT, operatorB, type Attester } from '../init/operator-b.ts';
import { oneProviderNotice, PROVIDER_OPTION, providerOf, providerNotice } from '../init/provider.ts';
import { HOSTINGS, type Hosting } from '../init/settings.ts';
import { allOrNothing, makeFolders, writeFolder, writeSecret, type PlannedFolder } from '../init/write.ts';
import type { Io, Status } from '../io.ts';
import {
  epochNow,
  logFolderOf,
  logSecretOf,
  newLogKey,
  newLogSteps,
  requireOutside,
} from '../log/new-log.ts';
import { policyText } from '../log/policy.ts';

/** Runs as the user nobody in a container, where root would otherwise own the secrets. */
const NOBODY = 65_532;
const FIRST_PORT = 8801;

const HOSTING_OPTIONS = {
  on: { type: 'string', value: 'WHERE', text: 'node (systemd units, the default), compose or workers' },
  release: {
    type: 'string',
    value: 'FOLDER',
    text: 'where the release is, or will be: /opt/sotto without it (see npm run release)',
  },
  port: { type: 'string', value: 'N', text: 'first of the loopback ports, 8801 without it' },
  ...PROVIDER_OPTION,
} as const satisfies OptionSpecs;

/** `sotto init b`. */
export const initB = command({
  name: 'init b',
  synopsis: 'DIR',
  summary: 'write everything that operator B needs: gateway, issuer, stickers',
  details:
    'Secrets, configuration, units or compose file or wrangler file, proxy configuration, and a README with the next\ncommands, in a new folder. The root secret is written beside the folder: move it to an offline machine.',
  options: {
    gateway: { type: 'string', value: 'URL', text: 'public origin of the gateway' },
    issuer: { type: 'string', value: 'URL', text: 'public origin of the issuer' },
    ...HOSTING_OPTIONS,
    jwks: {
      type: 'string',
      value: 'URL',
      text: "your identity provider's key set; a development key without it",
    },
    'jwt-issuer': { type: 'string', value: 'ISS', text: 'the `iss` of its account tokens' },
    audience: { type: 'string', value: 'AUD', text: 'their `aud`, sotto-issuer without it' },
    store: {
      type: 'string',
      value: 'WHERE',
      text: 'sqlite (one machine, the default) or postgres (several processes and machines)',
    },
    database: {
      type: 'string',
      value: 'HOST',
      text: 'the primary of the PostgreSQL cluster of keys and spent tokens, with :PORT if not 5432',
    },
    'quota-database': { type: 'string', value: 'HOST', text: 'that of the quotas: another cluster' },
    'epoch-seconds': { type: 'string', value: 'N', text: 'length of an epoch, if it is not a day' },
    'root-secret': {
      type: 'string',
      value: 'FILE',
      text: 'an existing root secret, or where to write a new one',
    },
    log: {
      type: 'string',
      value: 'NAME',
      text: 'keep a public log of key bundles under this permanent name, such as bundles.example',
    },
  },
  examples: [
    [
      'init b ops/b --gateway https://gateway.example --issuer https://issuer.example',
      'writes ops/b for systemd, and ops/b.root.secret',
    ],
    [
      'init b ops/b --on workers --gateway https://gateway.example --issuer https://issuer.example --jwks https://accounts.example/jwks.json --jwt-issuer https://accounts.example',
      'writes a wrangler file, for accounts of your own',
    ],
    [
      'init b ops/b --store postgres --database db1.example --quota-database db2.example --gateway https://gateway.example --issuer https://issuer.example',
      'writes what each machine of several runs over PostgreSQL, and the scripts that make its databases',
    ],
    [
      'init b ops/b --log bundles.example --gateway https://gateway.example --issuer https://issuer.example',
      'also makes a log in ops/b.log, and its key in ops/b.log.secret',
    ],
  ],
  run: async ({ values, words }, io) => {
    const { folder, hosting, release, port } = hostingOf(values, words, io);
    const attester = attesterOf(values);
    const databases = databasesOf(values, hosting, port);
    const [gateway, issuer] = [origin(values.gateway, 'gateway'), origin(values.issuer, 'issuer')];
    if (gateway.host === issuer.host)
      throw new UsageError('--gateway and --issuer must have different hosts');
    const rootSecret = path.resolve(io.cwd, values['root-secret'] ?? `${folder}.root.secret`);
    requireOutside(rootSecret, folder, 'root-secret');
    if (values.log !== undefined) requireOutside(rootSecret, logFolderOf(folder), 'root-secret');
    const { secret, isNew } = await rootSecretAt(rootSecret);
    const epochSeconds = count(values['epoch-seconds'], 'epoch-seconds') ?? DAY;
    const log = values.log === undefined ? null : newLog(values.log, folder, epochSeconds);
    const options = {
      gateway,
      issuer,
      hosting,
      attester,
      databases,
      folder,
      release,
      port,
      rootSecret,
      owner: owner(),
      root: base64url(rootPublicKey(secret)),
      provider: providerOf(values.provider, hosting, gateway),
      epochSeconds,
      log: log === null ? null : { key: log.key, base: log.base },
    };
    const planned = operatorB(options);
    await allOrNothing([
      () => writeFolder(folder, planned),
      ...(isNew
        ? [
            () => makeFolders(path.dirname(rootSecret)),
            () => writeSecret(rootSecret, `${base64url(secret)}\n`),
          ]
        : []),
      ...(log === null ? [] : newLogSteps(log, 'log')),
    ]);
    const also = [
      `${rootSecret}  (root secret: move it to another machine)`,
      ...(log === null
        ? []
        : [`${logFolderOf(folder)}  (log, public) and ${logSecretOf(folder)}: move both there too`]),
      ...(hosting === 'workers' || values.provider !== undefined ? [providerNotice(options.provider)] : []),
    ];
    return report(folder, planned, { io, json: values.json === true, also });
  },
});

/** `sotto init a`. */
export const initA = command({
  name: 'init a',
  synopsis: 'DIR',
  summary: 'write everything that operator A needs: the relay',
  options: {
    invite: { type: 'string', value: 'FILE', text: 'the invite.json of operator B' },
    relay: { type: 'string', value: 'URL', text: 'public origin of the relay' },
    ...HOSTING_OPTIONS,
    'allow-one-provider': {
      type: 'boolean',
      text: 'accept that one provider runs the machines of relay and gateway',
    },
    witness: {
      type: 'string',
      value: 'URL',
      text: "public origin of a witness, which mirrors operator B's log of key bundles",
    },
  },
  examples: [
    ['init a ops/a --invite invite.json --relay https://relay.example', 'writes ops/a for systemd'],
    [
      'init a ops/a --invite invite.json --relay https://relay.example --witness https://witness.example',
      'also writes a witness, and the policy that apps pin and operator B signs by',
    ],
  ],
  run: async ({ values, words }, io) => {
    const { folder, hosting, release, port } = hostingOf(values, words, io);
    const invite = await readInvite(values.invite, io);
    const relay = origin(values.relay, 'relay');
    if (relay.host === new URL(invite.gateway).host)
      throw new UsageError('--relay is the gateway itself; it must be another host, of another operator');
    const witness = values.witness === undefined ? null : origin(values.witness, 'witness');
    if (witness !== null && [relay.host, new URL(invite.gateway).host].includes(witness.host))
      throw new UsageError('--witness must have a host of its own');
    const noMirror = mirrorNotice(invite.log, witness);
    const provider = providerOf(values.provider, hosting, relay);
    const notice = oneProviderNotice(provider, invite.provider, values['allow-one-provider'] === true);
    const allowOneProvider = notice !== null;
    const options = {
      invite,
      relay,
      witness,
      hosting,
      folder,
      release,
      port,
      provider,
      allowOneProvider,
      owner: owner(),
    };
    const also = [notice, noMirror].filter((line) => line !== null);
    const planned = operatorA(options);
    await writeFolder(folder, planned);
    return report(folder, planned, { io, json: values.json === true, also });
  },
});

interface HostingValues {
  readonly on?: string;
  readonly release?: string;
  readonly port?: string;
}

function hostingOf(
  { on = 'node', release = '/opt/sotto', port }: HostingValues,
  words: readonly string[],
  io: Io,
) {
  const [word, ...rest] = words;
  if (word === undefined) throw new UsageError('name the new folder');
  noMore(rest);
  const hosting = HOSTINGS.find((one) => one === on);
  if (hosting === undefined) throw new UsageError(`--on must be one of ${HOSTINGS.join(', ')}`);
  const first = count(port, 'port') ?? FIRST_PORT;
  if (first > 65_000) throw new UsageError('--port must be at most 65000');
  const [folder, at] = [path.resolve(io.cwd, word), path.resolve(io.cwd, release)];
  for (const text of [folder, at]) {
    if (!/^[\w./+-]+$/.test(text)) {
      throw new UsageError(
        `${text} has characters that systemd and compose read in their own ways; use letters, digits and -_.+/`,
      );
    }
  }
  return { folder, hosting: hosting satisfies Hosting, release: at, port: first };
}

function attesterOf(values: {
  readonly jwks?: string;
  readonly 'jwt-issuer'?: string;
  readonly audience?: string;
}): Attester | null {
  const { jwks, 'jwt-issuer': issuer, audience = DEVELOPMENT.audience } = values;
  if (jwks === undefined && issuer === undefined) return null;
  if (jwks === undefined || issuer === undefined)
    throw new UsageError('--jwks and --jwt-issuer belong together');
  if (!URL.canParse(jwks) || new URL(jwks).protocol !== 'https:')
    throw new UsageError('--jwks must be an https URL');
  return { issuer, audience, jwksUrl: jwks };
}

/** Its policy names no witness until operator A sends one. */
function newLog(name: string, folder: string, epochSeconds: number) {
  const { key, secret } = newLogKey(name, 'log');
  const base = epochNow(epochSeconds);
  const policy = policyText({ key, base, witnesses: [] });
  return { key, base, secret, policy, folder: logFolderOf(folder), secretFile: logSecretOf(folder) };
}

async function rootSecretAt(file: string): Promise<{ readonly secret: Bytes; readonly isNew: boolean }> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return { secret: randomFillSync(new Uint8Array(32)), isNew: true };
  const secret = bytesOfText(text);
  if (secret?.length !== 32) throw new Failure(`${file} does not contain a root secret. Name another file.`);
  return { secret, isNew: false };
}

/** Compose gives a container the secret files with owner and mode as they are. */
function owner(): Owner {
  const [uid = NOBODY, gid = NOBODY] = [process.getuid?.(), process.getgid?.()];
  return uid === 0 ? { uid: NOBODY, gid: NOBODY } : { uid, gid };
}

function report(
  folder: string,
  planned: PlannedFolder,
  { io, json, also }: { readonly io: Io; readonly json: boolean; readonly also: readonly string[] },
): Status {
  const names = planned.files.map(({ name }) => name);
  if (json) io.out(JSON.stringify({ folder, files: names }));
  else
    for (const { name, secret } of planned.files)
      io.out(`${secret ? 'secret' : '      '}  ${folder}/${name}`);
  for (const line of also) io.err(`sotto: ${line}`);
  io.err(`sotto: the next commands are in ${folder}/README.md`);
  return 0;
}
