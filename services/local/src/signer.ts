import { signVersions } from '@sotto/bundle';
import { base64url, fromBase64url } from '@sotto/wire';
import type { OperatorBundle } from '../../../packages/cli/src/fetching.ts';
import { signedOnly, type SignedBundleOfGateway } from '../../../packages/cli/src/log/held-proof.ts';
import type { Secrets } from './secrets.ts';

interface UploadedSignature {
  readonly sequence: number;
  readonly signature: string;
  readonly signature1?: string;
  readonly proof?: string;
}

type OperatorSecrets = Pick<Secrets, 'operatorToken'>;

/** Signs every bundle of the gateway that has no signature yet. The root secret never enters a Worker. */
export async function signBundles(gateway: string, secrets: Secrets): Promise<void> {
  const secret = fromBase64url(secrets.rootSecret);
  const signatures = (await bundlesOf(gateway, secrets))
    .filter(({ signed }) => !signed)
    .map(({ sequence, bundle }) => {
      const { signature, signature1 } = signVersions(fromBase64url(bundle), secret);
      return {
        sequence,
        signature: base64url(signature),
        ...(signature1 !== null && { signature1: base64url(signature1) }),
      };
    });
  await sendSignatures(gateway, secrets, signatures);
}

/** The bundles of the gateway that are signed. */
export async function signedBundles(
  gateway: string,
  secrets: OperatorSecrets,
): Promise<SignedBundleOfGateway[]> {
  return signedOnly(await bundlesOf(gateway, secrets));
}

/** Sends the gateway signatures, and proofs where there are any. */
export async function sendSignatures(
  gateway: string,
  secrets: OperatorSecrets,
  signatures: readonly UploadedSignature[],
): Promise<void> {
  if (signatures.length === 0) return;
  await send(gateway, secrets, { method: 'POST', body: JSON.stringify(signatures) });
}

async function bundlesOf(gateway: string, secrets: OperatorSecrets): Promise<OperatorBundle[]> {
  return (await (await send(gateway, secrets, {})).json()) as OperatorBundle[];
}

async function send(
  gateway: string,
  { operatorToken }: OperatorSecrets,
  init: RequestInit,
): Promise<Response> {
  const headers = { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' };
  const response = await fetch(`${gateway}/operator/bundles`, { ...init, headers });
  if (response.ok) return response;
  throw new Error(
    `gateway: GET or POST /operator/bundles: HTTP ${response.status}; is OPERATOR_TOKEN the gateway's?`,
  );
}
