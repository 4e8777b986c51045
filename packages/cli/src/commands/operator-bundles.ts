import { UsageError } from '../command.ts';
import { fetchOk, operator, OPERATOR } from '../fetching.ts';
import type { Io } from '../io.ts';

/** A signature of the root on the bundle of an epoch, perhaps with the proof that a log has it. */
export interface UploadedSignature {
  readonly sequence: number;
  readonly signature: string; // base64url
  /** On the bundle of version 1 that goes with it. A gateway that has it keeps it. */
  readonly signature1?: string;
  readonly proof?: string;
}

/** The options that name a gateway and open its operator's routes. */
export const GATEWAY = { gateway: OPERATOR.gateway, 'operator-token': OPERATOR['operator-token'] } as const;
/** Where the operator reads bundles and sends signatures. @throws {UsageError} without a gateway */
export async function bundlesRoute(
  values: Parameters<typeof operator>[0],
  io: Io,
): Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }> {
  const { gateway, headers } = await operator(values, io);
  if (gateway === null) throw new UsageError('--gateway is missing');
  return { url: `${gateway}/operator/bundles`, headers };
}

/** Sends signatures, and proofs if there are any. @throws {Failure} */
export async function sendSignatures(
  io: Io,
  url: string,
  headers: Readonly<Record<string, string>>,
  signatures: readonly UploadedSignature[],
): Promise<void> {
  const body = JSON.stringify(signatures);
  await fetchOk(io, url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body,
  });
}
