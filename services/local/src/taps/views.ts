import type { PassedMessage } from './http-reader.ts';
import type { PassedRequest } from './tcp-tap.ts';

/** What a party saw, by a name of it that a page may have its own words for. */
export interface Fact {
  readonly fact: string;
  readonly label: string;
  readonly value: string;
}

/** What one party saw of the last exchange, in words for a person. */
export interface PartyView {
  readonly title: string;
  readonly sentence: string;
  readonly saw: readonly Fact[];
  readonly never: readonly string[];
}

export interface Redeemed {
  readonly service: string;
  readonly nonce: string;
  readonly tokenKeyId: string;
  readonly outcome: string;
}

const row = (fact: string, label: string, value: string): Fact => ({ fact, label, value });
const field = (message: PassedMessage, name: string): string =>
  message.fields.find(([is]) => is === name)?.[1] ?? '';
const names = (message: PassedMessage): string => message.fields.map(([name]) => name).join(', ');
const start = (body: Buffer): string => `${body.subarray(0, 12).toString('hex')}…`;

export function relayView(request: PassedRequest): PartyView {
  return {
    title: 'Relay',
    sentence: 'Knows who is there. Cannot read a word of it.',
    saw: [
      row('address', 'Your address', request.address),
      row('sealed', 'Bytes of a sealed envelope, always as many', `${request.body.length}`),
      row('begins', 'It begins', start(request.body)),
      row('fields', 'Header fields, none of which goes further', `${request.fields.length}`),
    ],
    never: ['what you asked', 'which service you asked', 'your account'],
  };
}

/** @param inner - null when the gateway asked no service */
export function gatewayView(outer: PassedRequest, inner: PassedMessage | null): PartyView {
  return {
    title: 'Gateway',
    sentence: 'Opens the envelope. Cannot tell whose it was.',
    saw: [
      ...(inner === null
        ? []
        : [
            row('asks', 'Opened, it asks', inner.startLine),
            row('says', 'It says', inner.body.toString('utf8')),
          ]),
      row('outer', 'Header names, all of them the relay’s', names(outer)),
    ],
    never: ['your address', 'your account', 'which requests belong together'],
  };
}

export function issuerView(drawn: PassedRequest | null, redeemed: Redeemed | null): PartyView {
  const saw = [];
  if (drawn !== null) {
    saw.push(
      row('account', 'Your account', accountOf(field(drawn, 'authorization'))),
      row('drew', 'Tokens you drew at once, blinded', `${Math.floor((drawn.body.length - 5) / 32)}`),
      row('begins', 'They begin', start(drawn.body)),
    );
  }
  if (redeemed !== null) {
    saw.push(
      row('spent', 'Somebody spent one token for', redeemed.service),
      row('number', 'Its number, never seen before', `${redeemed.nonce.slice(0, 16)}…`),
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
    saw: [
      row('says', 'It was asked', request.body.toString('utf8')),
      row('names', 'Header names', names(request)),
    ],
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
