import {
  decodeBundle,
  decodeLoggedBundle,
  decodeSignedBundle,
  nobleEd25519Verify,
  readLogEntry,
} from '@sotto/bundle';
import { logFolder, parseCheckpoint, verifyProof, type Policy, type PolicyKey } from '@sotto/tlog';
import { DAY, epochIndexAt, fromUtf8, ProtocolError } from '@sotto/wire';
import { iso } from '../arguments.ts';
import type { Settings } from '../config.ts';
import { bytesOf, rootKey, type OperatorBundle } from '../fetching.ts';
import { heldBundles, otherProofs, signedOnly } from '../log/held-proof.ts';
import { cannotTell, fail, pass, type Finding } from '../probe/live.ts';
import type { OperatorFolder } from './folder.ts';
import { certificate, clock, codeOf, readiness, send, type CheckPorts, type LiveRow } from './live.ts';
import { isOf, witnessKeyOf, type CheckedLog } from './log.ts';

/** Checks what relay, gateway and witnesses serve of a log. No rows if the policy cannot be read, which has a row of its own. */
export function logRows(
  folder: OperatorFolder,
  settings: Settings,
  { policy }: CheckedLog,
  ports: CheckPorts,
): LiveRow[] {
  if (typeof policy === 'string' || policy.logs.length !== 1 || policy.base === null) return [];
  const { services } = folder;
  const served = (['gateway', 'relay'] as const).flatMap((party) => {
    const url = settings[party];
    if (!services.has(party) || url === undefined || policy.witnesses.length === 0) return [];
    const title = `the ${party} serves a bundle that clients with the policy accept`;
    return [{ title, check: () => loggedBundle(url, policy, settings, ports) }];
  });
  const witnesses = policy.witnesses.flatMap((witness) =>
    witness.url === null
      ? []
      : [
          {
            title: `the witness ${witness.url} has the newest checkpoint`,
            check: () => newestCheckpoint(witness, policy, settings, ports),
          },
        ],
  );
  const operator = settings.gatewayOperator ?? settings.gateway;
  const held =
    !services.has('gateway') || operator === undefined
      ? []
      : [
          {
            title: 'the proofs at the gateway are of this log',
            check: () => heldProofs(operator, policy, settings, ports),
          },
        ];
  return [...ownWitness(folder, settings, policy, ports), ...held, ...served, ...witnesses];
}

/** The rows of the witness in the folder, by its address in the policy. */
function ownWitness(
  { services, hosting }: OperatorFolder,
  settings: Settings,
  policy: Policy,
  ports: CheckPorts,
): LiveRow[] {
  const given = services.get('witness');
  if (given === undefined) return [];
  const id = witnessKeyOf(given)?.id.join();
  const url = policy.witnesses.find(({ key }) => key.id.join() === id)?.url ?? null;
  const port = given.get('OPERATOR_PORT')?.value;
  const operator = hosting === 'workers' ? url : `http://127.0.0.1:${port ?? 8816}`;
  return [
    ...(url === null
      ? []
      : [
          { title: `certificate of ${url}`, check: () => certificate(url, ports) },
          { title: `${url} answers, and its clock is right`, check: () => clock(url, settings, ports) },
        ]),
    ...(operator === null
      ? []
      : [{ title: 'the witness is ready', check: () => readiness(operator, settings, ports) }]),
  ];
}

async function heldProofs(
  operator: string,
  policy: Policy,
  { operatorToken = '' }: Settings,
  ports: CheckPorts,
): Promise<Finding> {
  const headers = { authorization: `Bearer ${operatorToken}` };
  const response = await send(ports, `${operator}/operator/bundles`, { headers }).catch(() => null);
  const listed: unknown = response?.status === 200 ? await response.json().catch(() => null) : null;
  if (!Array.isArray(listed))
    return cannotTell(
      `${operator}/operator/bundles gives no list. See the row about the readiness of the gateway`,
    );
  const bundles = heldBundles(signedOnly(listed as OperatorBundle[]), policy);
  const others = otherProofs(bundles);
  if (others !== null) return fail(others.message);
  const refused = bundles.filter(({ held }) => held.is === 'refused');
  if (refused.length === 0) return pass();
  const epochs = refused.map(({ sequence }) => sequence).join(', ');
  return fail(
    `clients with the policy refuse the proofs of the epochs ${epochs}. Run sotto bundle sign --log again: it makes them anew`,
  );
}

/** Why clients refuse a bundle with a proof, and what to do. */
const REFUSED: Readonly<Record<string, string>> = {
  'wrong-index':
    'is in the log as another epoch: the base of the policy is not that of the log. Restore the policy with which the log was made',
  'log-signature':
    'has the proof of another log than the policy names. Restore the policy; a log that replaces another begins after the epochs that the gateway has proofs of (sotto log init --base)',
  'too-few-witnesses':
    'has fewer cosignatures than the quorum of the policy needs. Give operator B this policy, and run sotto bundle sign --log again',
  'malformed-note':
    'has a signature that a key of the policy did not make. Compare the keys of log and witnesses in the policy',
  'not-logged': 'is not the one in the log. Run sotto log monitor, and keep what it finds',
};

async function loggedBundle(
  url: string,
  policy: Policy,
  { root = '', epochSeconds = DAY }: Settings,
  ports: CheckPorts,
): Promise<Finding> {
  const response = await send(ports, `${url}/bundle/2`).catch((error: unknown) => codeOf(error));
  if (typeof response === 'string') return cannotTell(`not reached (${response}). Start the services first`);
  if (response.status !== 200)
    return fail(`HTTP ${response.status}: no bundle of this epoch has a proof. Run sotto bundle sign --log`);
  try {
    const { signed, proof } = decodeLoggedBundle(await bytesOf(response));
    const { sequence, notAfter } = decodeBundle(decodeSignedBundle(signed).bundle);
    const { base } = policy;
    if (base !== null && sequence < base)
      return {
        result: 'warn',
        detail: `the log begins with epoch ${base}: until ${iso(base * epochSeconds)}, clients with this policy accept no bundle. Release no application with it earlier`,
      };
    const ed25519Verify = nobleEd25519Verify;
    readLogEntry(signed, { epochIndex: sequence, roots: [rootKey(root)], ed25519Verify });
    verifyProof(signed, proof, { policy, index: sequence - (base ?? 0), ed25519Verify });
    if (ports.now() >= notAfter)
      return fail(`the bundle has expired (${iso(notAfter)}). Run sotto bundle sign --log`);
    return pass();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return fail(`the bundle ${REFUSED[error.code] ?? `is refused by clients (${error.code})`}`);
  }
}

/** The checkpoint that a mirror serves (C2SP tlog-mirror). Other witnesses serve none. */
async function newestCheckpoint(
  { key, url }: PolicyKey,
  { logs, base }: Policy,
  { epochSeconds = DAY }: Settings,
  ports: CheckPorts,
): Promise<Finding> {
  const [log] = logs;
  const origin = log?.key.name ?? '';
  const response = await send(ports, `${url}/${logFolder(origin)}/checkpoint`).catch((error: unknown) =>
    codeOf(error),
  );
  if (typeof response === 'string')
    return cannotTell(`not reached (${response}). Start the witness, or correct its address in the policy`);
  if (response.status === 404)
    return cannotTell(
      'serves no checkpoint: it is not a mirror, or nothing was logged yet (sotto bundle sign --log)',
    );
  if (response.status !== 200) return fail(`HTTP ${response.status}: look at its readiness and its store`);
  try {
    const note = fromUtf8(await bytesOf(response));
    const { checkpoint } = parseCheckpoint(note);
    if (log === undefined || checkpoint.origin !== origin || !isOf(note, log.key))
      return fail(
        `serves a checkpoint that the log ${origin} of the policy did not sign. Correct LOGS of the witness`,
      );
    if (!isOf(note, key))
      return fail(
        'cosigns with another key than the policy has for it. Restore WITNESS_NAME and WITNESS_KEY',
      );
    const end = (base ?? 0) + checkpoint.size;
    const until = iso(end * epochSeconds);
    return end <= epochIndexAt(ports.now(), epochSeconds)
      ? fail(`its last checkpoint is too old: it ends at ${until}. Run sotto bundle sign --log`)
      : pass(`${checkpoint.size} entries, until ${until}`);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return fail(`serves something that is not a checkpoint (${error.code}). Check its address in the policy`);
  }
}
