import { signBundle } from '@sotto/bundle';
import { base64url, fromBase64url } from '@sotto/wire';
import type { Secrets } from './secrets.ts';

interface BundleEntry {
  readonly sequence: number;
  readonly bundle: string;
  readonly signed: boolean;
}

/** Signs every bundle of the gateway that has no signature yet. The root secret never enters a Worker. */
export async function signBundles(gateway: string, { operatorToken, rootSecret }: Secrets): Promise<void> {
  const headers = { authorization: `Bearer ${operatorToken}`, 'content-type': 'application/json' };
  const epochs = (await successful(fetch(`${gateway}/operator/bundles`, { headers })).then((r) =>
    r.json(),
  )) as BundleEntry[];
  const secret = fromBase64url(rootSecret);
  const signatures = epochs
    .filter(({ signed }) => !signed)
    .map(({ sequence, bundle }) => ({
      sequence,
      signature: base64url(signBundle(fromBase64url(bundle), secret)),
    }));
  if (signatures.length === 0) return;
  const body = JSON.stringify(signatures);
  await successful(fetch(`${gateway}/operator/bundles`, { method: 'POST', headers, body }));
}

async function successful(pending: Promise<Response>): Promise<Response> {
  const response = await pending;
  if (!response.ok)
    throw new Error(
      `gateway: GET or POST /operator/bundles: HTTP ${response.status}; is OPERATOR_TOKEN the gateway's?`,
    );
  return response;
}
