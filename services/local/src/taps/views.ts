import type { PassedMessage } from './http-reader.ts';
import type { PassedRequest } from './tcp-tap.ts';

/** What one party saw of the last exchange, in words for a person. */
export interface PartyView {
  readonly title: string;
  readonly sentence: string;
  readonly saw: readonly { readonly label: string; readonly value: string }[];
  readonly never: readonly string[];
}

export interface Redeemed {
  readonly service: string;
  readonly nonce: string;
  readonly tokenKeyId: string;
  readonly outcome: string;
}

const row = (label: string, value: string) => ({ label, value });
const field = (message: PassedMessage, name: string): string =>
  message.fields.find(([is]) => is === name)?.[1] ?? '';
const names = (message: PassedMessage): string => message.fields.map(([name]) => name).join(', ');
const size = (body: Buffer): string => `${body.length.toLocaleString('en')} bytes`;
const start = (body: Buffer): string => `${body.subarray(0, 24).toString('hex')}…`;

export function relayView(request: PassedRequest): PartyView {
  return {
    title: 'Relay',
    sentence: 'Knows who is there. Cannot read a word of it.',
    saw: [
      row('Your address', request.address),
      row('A sealed envelope', `${size(request.body)}, always the same`),
      row('It begins', start(request.body)),
      row('Header fields', `${request.fields.length}, none of which goes further`),
    ],
    never: ['what you asked', 'which service you asked', 'your account'],
  };
}

export function gatewayView(outer: PassedRequest, inner: PassedMessage): PartyView {
  return {
    title: 'Gateway',
    sentence: 'Opens the envelope. Cannot tell whose it was.',
    saw: [
      row('It came from', 'the relay'),
      row('Opened, it asks', inner.startLine),
      row('It says', inner.body.toString('utf8')),
      row('Header names', names(outer)),
    ],
    never: ['your address', 'your account', 'which requests belong together'],
  };
}

export function issuerView(drawn: PassedRequest | null, redeemed: Redeemed | null): PartyView {
  const saw = [];
  if (drawn !== null) {
    saw.push(
      row('Your account', accountOf(field(drawn, 'authorization'))),
      row('You drew', `${Math.floor((drawn.body.length - 5) / 32)} tokens, blinded`),
      row('They begin', start(drawn.body)),
    );
  }
  if (redeemed !== null) {
    saw.push(
      row('Somebody spent', `one token for ${redeemed.service}`),
      row('Its number', `${redeemed.nonce.slice(0, 16)}…, never seen before`),
    );
  }
  return {
    title: 'Issuer',
    sentence: 'Counts your tokens. Cannot tell which one you spent, or on what.',
    saw,
    never: ['what you asked', 'which of all the tokens drawn this one was'],
  };
}

export function stickersView(request: PassedMessage): PartyView {
  return {
    title: 'Sticker service',
    sentence: 'Knows what is asked. Knows nothing of who asks.',
    saw: [row('It was asked', request.body.toString('utf8')), row('Header names', names(request))],
    never: ['your address', 'your account', 'the token'],
  };
}

/** The `sub` claim of a bearer JWT, for showing alone: nothing is verified here. */
function accountOf(authorization: string): string {
  try {
    const payload = authorization.split('.')[1] ?? '';
    return String((JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { sub?: unknown }).sub);
  } catch {
    return 'a bearer token';
  }
}
