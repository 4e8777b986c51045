import { decodeVoucherRequest } from '@sotto/privacypass';
import type { WireMessage } from './http-reader.ts';
import type { TcpRequest } from './tcp-tap.ts';

/** One fact that a party saw. The page translates it by the name in `fact`. */
export interface Fact {
  readonly fact: string;
  readonly label: string;
  readonly value: string;
}

/** The facts that one party saw of the last exchange, in words for people. */
export interface PartyView {
  readonly title: string;
  readonly sentence: string;
  readonly saw: readonly Fact[];
  readonly never: readonly string[];
}

/** The facts that the issuer learned from a redemption. */
export interface RedemptionRecord {
  readonly service: string;
  readonly nonce: string;
  readonly tokenKeyId: string;
  readonly outcome: string;
}

const row = (fact: string, label: string, value: string): Fact => ({ fact, label, value });
const field = (message: WireMessage, name: string): string =>
  message.fields.find(([is]) => is === name)?.[1] ?? '';
const names = (message: WireMessage): string => message.fields.map(([name]) => name).join(', ');
const start = (body: Buffer): string => `${body.subarray(0, 12).toString('hex')}…`;

export function relayView(request: TcpRequest): PartyView {
  return {
    title: 'Relay',
    sentence: 'Knows who you are. Cannot read what you search for.',
    saw: [
      row('address', 'Your address', request.address),
      row('sealed', 'Bytes of the encrypted request, always this many', `${request.body.length}`),
      row('begins', 'It starts with', start(request.body)),
      row('fields', 'Header fields, none of which it forwards', `${request.fields.length}`),
    ],
    never: ['your search', 'which service you use', 'your account'],
  };
}

/** @param inner - null if the gateway called no service */
export function gatewayView(outer: TcpRequest, inner: WireMessage | null): PartyView {
  return {
    title: 'Gateway',
    sentence: 'Decrypts the request. Cannot tell who sent it.',
    saw: [
      ...(inner === null
        ? []
        : [
            row('asks', 'Decrypted request', inner.startLine),
            row('says', 'Its content', inner.body.toString('utf8')),
          ]),
      row('outer', 'Header names, all set by the relay', names(outer)),
    ],
    never: ['your address', 'your account', 'which requests belong together'],
  };
}

const ELEMENT = 32; // bytes of a blinded token

/** The blinded tokens of an issuance: of one batch, or of the vouchers of a week. */
function blindedTokens({ startLine, body }: TcpRequest): number {
  if (!startLine.includes('/voucher-request')) return Math.floor((body.length - 5) / ELEMENT);
  const { requests } = decodeVoucherRequest(new Uint8Array(body));
  return requests.reduce((sum, one) => sum + Math.floor((one.length - 5) / ELEMENT), 0);
}

export function issuerView(issuance: TcpRequest | null, redemption: RedemptionRecord | null): PartyView {
  const saw = [];
  if (issuance !== null) {
    saw.push(
      row('account', 'Your account', accountOf(field(issuance, 'authorization'))),
      row('drew', 'Blinded tokens in your batch', `${blindedTokens(issuance)}`),
      row('begins', 'They start with', start(issuance.body)),
    );
  }
  if (redemption !== null) {
    saw.push(
      row('spent', 'Somebody redeemed one token for', redemption.service),
      row('number', 'Its nonce, never seen before', `${redemption.nonce.slice(0, 16)}…`),
    );
  }
  return {
    title: 'Issuer',
    sentence: 'Counts your tokens. Cannot tell which one you redeem, or for what.',
    saw,
    never: ['your search', 'which of the issued tokens this one is'],
  };
}

export function stickersView(request: WireMessage): PartyView {
  return {
    title: 'Sticker service',
    sentence: 'Knows the search. Does not know who sent it.',
    saw: [
      row('says', 'The search', request.body.toString('utf8')),
      row('names', 'Header names', names(request)),
    ],
    never: ['your address', 'your account', 'the token'],
  };
}

/** The `sub` claim of a bearer JWT, for display only: nothing is verified here. */
function accountOf(authorization: string): string {
  try {
    const payload = authorization.split('.')[1] ?? '';
    return String((JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { sub?: unknown }).sub);
  } catch {
    return 'a bearer token';
  }
}
