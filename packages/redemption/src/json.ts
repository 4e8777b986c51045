import { base64url, fromBase64url, fromUtf8, ProtocolError, utf8, type Bytes } from '@sotto/wire';
import {
  REDEMPTION_OUTCOMES,
  REFILL_OUTCOMES,
  type PublishedSchedule,
  type RedemptionCall,
  type RedemptionResult,
  type RefillCall,
  type RefillResult,
  type ScheduledEpoch,
  type ScheduledRefill,
} from './contract.ts';
import { RedemptionError } from './error.ts';

/** The JSON of a redemption, for parties without a service binding. Bytes are base64url, here and below. */
export function encodeRedemption(call: RedemptionCall): Bytes {
  const { service, tag, idempotent } = call;
  return encode({ service, tag: base64url(tag), idempotent, ...encodedCall(call) });
}

/** Decodes a redemption. @throws {RedemptionError} `malformed` */
export function decodeRedemption(body: Bytes): RedemptionCall {
  return decode(body, (message) => ({
    service: text(message, 'service'),
    token: bytes(message, 'token'),
    tag: bytes(message, 'tag'),
    envelope: bytes(message, 'envelope'),
    idempotent: message['idempotent'] === true,
    knownRevision: message['knownRevision'] === undefined ? 0 : whole(message, 'knownRevision'),
    ...decodedCall(message),
  }));
}

/** The JSON of a redemption's result. */
export function encodeResult({ outcome, revision }: RedemptionResult): Bytes {
  return encode({ outcome, revision });
}

/** Decodes a result. @throws {RedemptionError} `malformed`, also for an outcome that is not in the contract */
export function decodeResult(body: Bytes): RedemptionResult {
  return decode(body, (message) => {
    const outcome = REDEMPTION_OUTCOMES.find((name) => name === message['outcome']);
    if (outcome === undefined) throw malformed('outcome');
    return { outcome, revision: whole(message, 'revision') };
  });
}

/** The JSON of a refill. */
export function encodeRefillCall(call: RefillCall): Bytes {
  return encode({ pack: base64url(call.pack), ...encodedCall(call) });
}

/** Decodes a refill. @throws {RedemptionError} `malformed` */
export function decodeRefillCall(body: Bytes): RefillCall {
  return decode(body, (message) => ({
    token: bytes(message, 'token'),
    pack: bytes(message, 'pack'),
    envelope: bytes(message, 'envelope'),
    knownRevision: whole(message, 'knownRevision'),
    ...decodedCall(message),
  }));
}

type AnyCall = Pick<RedemptionCall, 'token' | 'envelope' | 'knownRevision' | 'call'>;

/** The fields that both calls have. */
const encodedCall = ({ token, envelope, knownRevision, call }: AnyCall) => ({
  token: base64url(token),
  envelope: base64url(envelope),
  knownRevision,
  ...(call !== undefined && { call: base64url(call) }),
});

const decodedCall = (message: Message): Pick<RedemptionCall, 'call'> =>
  message['call'] === undefined ? {} : { call: bytes(message, 'call') };

/** The JSON of a refill's result. */
export function encodeRefillResult({ outcome, body, revision }: RefillResult): Bytes {
  return encode({ outcome, revision, ...(body !== null && { body: base64url(body) }) });
}

/** Decodes the result of a refill. @throws {RedemptionError} `malformed`, also for an outcome that is not in the contract */
export function decodeRefillResult(body: Bytes): RefillResult {
  return decode(body, (message) => {
    const outcome = REFILL_OUTCOMES.find((name) => name === message['outcome']);
    if (outcome === undefined) throw malformed('outcome');
    const signed = message['body'] === undefined ? null : bytes(message, 'body');
    return { outcome, body: signed, revision: whole(message, 'revision') };
  });
}

/** The JSON of the published schedule. */
export function encodeSchedule({ revision, epochs }: PublishedSchedule): Bytes {
  return encode({
    revision,
    epochs: epochs.map(({ start, directory, challenges, refill }) => ({
      start,
      directory: base64url(directory),
      challenges: challenges.map((entry) => ({ ...entry, challenge: base64url(entry.challenge) })),
      ...(refill !== null && { refill: { ...refill, keys: refill.keys.map(base64url) } }),
    })),
  });
}

/** Decodes a published schedule. @throws {RedemptionError} `malformed` */
export function decodeSchedule(body: Bytes): PublishedSchedule {
  return decode(body, (message) => ({
    revision: whole(message, 'revision'),
    epochs: list(message, 'epochs').map(scheduledEpoch),
  }));
}

function scheduledEpoch(message: Message): ScheduledEpoch {
  return {
    start: whole(message, 'start'),
    directory: bytes(message, 'directory'),
    challenges: list(message, 'challenges').map((entry) => ({
      service: text(entry, 'service'),
      tokenType: whole(entry, 'tokenType'),
      challenge: bytes(entry, 'challenge'),
    })),
    refill: message['refill'] === undefined ? null : scheduledRefill(object(message['refill'], 'refill')),
  };
}

function scheduledRefill(message: Message): ScheduledRefill {
  const { keys } = message;
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string')) throw malformed('keys');
  return {
    period: whole(message, 'period'),
    perEpoch: whole(message, 'perEpoch'),
    keys: keys.map(fromBase64url),
    pack: list(message, 'pack').map((entry) => ({
      service: text(entry, 'service'),
      tokens: whole(entry, 'tokens'),
    })),
  };
}

type Message = Readonly<Record<string, unknown>>;

const encode = (message: object): Bytes => utf8(JSON.stringify(message));

function decode<T>(body: Bytes, read: (message: Message) => T): T {
  try {
    return read(object(JSON.parse(fromUtf8(body)), 'message'));
  } catch (error) {
    if (error instanceof RedemptionError) throw error;
    if (error instanceof ProtocolError || error instanceof SyntaxError) {
      throw new RedemptionError('malformed', 'not JSON, or not base64url where bytes belong', {
        cause: error,
      });
    }
    throw error;
  }
}

const malformed = (field: string): RedemptionError =>
  new RedemptionError('malformed', `${field}: missing, or of another type than the contract has`);

function object(value: unknown, field: string): Message {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(field);
  return value as Message;
}

function list(message: Message, field: string): Message[] {
  const value = message[field];
  if (!Array.isArray(value)) throw malformed(field);
  return value.map((entry) => object(entry, field));
}

function text(message: Message, field: string): string {
  const value = message[field];
  if (typeof value !== 'string') throw malformed(field);
  return value;
}

function bytes(message: Message, field: string): Bytes {
  return fromBase64url(text(message, field));
}

function whole(message: Message, field: string): number {
  const value = message[field];
  if (!Number.isSafeInteger(value)) throw malformed(field);
  return value as number;
}
