import { collect, HttpError } from '@sotto/http';
import { base64url, fromBase64url, fromUtf8 } from '@sotto/wire';
import type { IssuerSchedule, Redeemer, Verdict } from '../ports.ts';
import type { Fetch } from '../service/fetch-service.ts';

export interface IssuerDeps {
  readonly send: Fetch;
  /** Of the issuer's private listener, without a slash at its end. */
  readonly url: string;
  /** What that listener asks for. */
  readonly credential: string;
  readonly deadline: (ms: number) => AbortSignal;
}

const CALL_MS = 5000;
const MAX_SCHEDULE = 1 << 20; // bytes of JSON
const MAX_VERDICT = 1024; // bytes of JSON
const VERDICTS = new Set<unknown>(['first', 'again', 'replayed', 'spent', 'invalid', 'unavailable']);

/** The issuer where there is no binding: the two calls of its private listener, each made once. */
export function issuerClient(deps: IssuerDeps): Redeemer & { readonly schedule: IssuerSchedule } {
  return {
    async redeem({ service, token, tag, envelope, idempotent }) {
      const bytes = { token: base64url(token), tag: base64url(tag), envelope: base64url(envelope) };
      const call = { service, ...bytes, idempotent };
      const { outcome } = await ask(deps, '/redeem', MAX_VERDICT, call);
      if (!VERDICTS.has(outcome)) throw new HttpError('bad-gateway');
      return outcome as Verdict;
    },
    async schedule() {
      const { epochs } = (await ask(deps, '/schedule', MAX_SCHEDULE)) as unknown as { epochs: Epoch[] };
      return epochs.map(({ start, directory, challenges }) => ({
        start,
        directory: fromBase64url(directory),
        challenges: challenges.map(({ challenge, ...rest }) => ({
          ...rest,
          challenge: fromBase64url(challenge),
        })),
      }));
    },
  };
}

/** An epoch as the listener tells it: bytes in base64url. */
interface Epoch {
  readonly start: number;
  readonly directory: string;
  readonly challenges: readonly {
    readonly service: string;
    readonly tokenType: number;
    readonly challenge: string;
  }[];
}

async function ask(
  { send, url, credential, deadline }: IssuerDeps,
  path: string,
  maxBytes: number,
  call?: object,
): Promise<Record<string, unknown>> {
  const signal = deadline(CALL_MS);
  const answer = await send(url + path, {
    method: call === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'application/json' },
    ...(call !== undefined && { body: new TextEncoder().encode(JSON.stringify(call)) }),
    signal,
  });
  if (answer.status !== 200 || answer.body === null) {
    answer.body?.cancel().catch(() => {});
    throw new HttpError('bad-gateway');
  }
  return JSON.parse(fromUtf8(await collect(answer.body, maxBytes, signal))) as Record<string, unknown>;
}
