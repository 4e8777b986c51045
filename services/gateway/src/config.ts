import { checkRoot, REFILL_SERVICE, type LengthClass } from '@sotto/bundle';
import { refuseDuplicates, type ConfigValue, type Variables } from '@sotto/service/config';
import { readWrappingKeys, type WrappingKeys } from '@sotto/service/keys';
import { readOperatorTokens, type OperatorTokens } from '@sotto/service/operator';
import { EMPTY, type Bytes } from '@sotto/wire';
import { isAdmissible, isPlainPath, METHODS, type RowPolicy, type Method } from './admission/admit.ts';
import { classOfFirst, readClassOf, readLengthClasses } from './length-class.ts';
import { readRefillRow } from './refill-row.ts';
import { METADATA_SERVICE } from './service/metadata.ts';

/**
 * How a service is reached: by a binding of the Worker, by a base URL that its paths are appended to, or by
 * the issuer for refills.
 */
export type Target = { readonly binding: string } | UrlTarget | { readonly issuer: true };

export interface UrlTarget {
  readonly url: string;
  /**
   * On Node: addresses and prefixes that the host of the URL may resolve to, besides those of the public
   * internet.
   */
  readonly private?: readonly string[];
}

/** One row of the gateway's table. */
export interface ServiceRow extends RowPolicy {
  readonly name: string; // the inner authority
  readonly target: Target;
  /** The token that our clients redeem; null for a service without tokens ("none" in the configuration). */
  readonly token: { readonly type: number } | null;
  /** Whether the same request may be made twice. */
  readonly idempotent: boolean;
  /** The lengths of the service's padded requests and responses. */
  readonly lengths: LengthClass;
  readonly timeoutMs: number; // for the whole response
  /** Requests that the service may have at once; further ones are refused, so that a slow service holds only its own. */
  readonly maxInFlight: number;
  /** Whether requests may come in chunks. */
  readonly chunked: boolean;
  /** How responses stream; null if they come whole. A row that streams accepts only requests in chunks. */
  readonly stream: StreamPolicy | null;
}

export interface StreamPolicy {
  /** Milliseconds between two flushes of a response. */
  readonly flushMs: number;
  /** Whether the content of a request is passed on as it arrives. */
  readonly requests: boolean;
}

export interface Config {
  readonly epochSeconds: number;
  readonly services: readonly ServiceRow[];
  readonly root: Bytes; // Ed25519 public key, 32 bytes
  readonly nextRoot: Bytes; // 32 bytes, or none
  /** The provider of the gateway's machines; null when it names none. */
  readonly provider: string | null;
  /** Identity headers that the relay's egress is known to add, each with its constant value. */
  readonly relayEgress: ReadonlyMap<string, string>;
  readonly metadata: boolean;
  /** Responses leave at multiples of this many milliseconds after their request; 0 without rounding. */
  readonly responseGridMs: number;
  readonly relayTokens: readonly string[]; // one, or two during a change
  readonly operators: OperatorTokens;
  readonly wrappingKeys: WrappingKeys;
}

const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/;
export const TIMEOUT = { min: 1, max: 60_000, unit: 'milliseconds' };
const FLUSH = { min: 20, max: 10_000, unit: 'milliseconds' };
export const DEFAULT_TIMEOUT = 5000; // milliseconds
export const IN_FLIGHT = { min: 1, max: 65_536, unit: 'requests' };
export const DEFAULT_IN_FLIGHT = 128;
const DEFAULT_METHODS = ['GET', 'POST'];
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Reads the gateway's variables and secrets.
 *
 * @throws {ConfigError} for the first that is missing or wrong
 */
export function readConfig(variables: Variables): Config {
  const rows = variables.json('SERVICES').list('must be a JSON list with one service or more');
  refuseDuplicates(rows.map((row) => row.member('name')));
  const classes = variables.has('LENGTH_CLASSES')
    ? readLengthClasses(variables.json('LENGTH_CLASSES'))
    : rows
        .filter((row) => !isRefill(row))
        .slice(0, 1)
        .map(classOfFirst);
  const services = rows.map((row) =>
    isRefill(row) ? readRefillRow(row) : readService(row, variables, classes),
  );
  refuseSharedClasses(rows, services);
  return {
    epochSeconds: variables.number('EPOCH_SECONDS'),
    services,
    root: readRoot(variables.value('ROOT')),
    nextRoot: variables.has('NEXT_ROOT') ? readRoot(variables.value('NEXT_ROOT')) : EMPTY,
    relayEgress: new Map(
      variables
        .json('RELAY_EGRESS')
        .entries()
        .map(([name, value]) => [name.toLowerCase(), value.text()]),
    ),
    metadata: variables.flag('METADATA'),
    provider: variables.provider(),
    responseGridMs: variables.number('RESPONSE_GRID_MS'),
    relayTokens: variables.credentials('RELAY_TOKEN'),
    operators: readOperatorTokens(variables),
    wrappingKeys: readWrappingKeys(variables),
  };
}

const isRefill = (row: ConfigValue): boolean => row.member('name').raw === REFILL_SERVICE;

function readService(row: ConfigValue, variables: Variables, classes: readonly LengthClass[]): ServiceRow {
  const nameRemedy = 'must be a lower-case host label of 1 to 63 characters, and not reserved';
  const name = row.member('name').matching(NAME, nameRemedy);
  if (name === METADATA_SERVICE) row.member('name').fail(nameRemedy);
  return {
    name,
    idempotent: row.member('idempotent').boolean(),
    target: readTarget(row.member('target'), variables),
    token: readTokenPolicy(row.member('token')),
    lengths: readClassOf(row, classes),
    timeoutMs: row.member('timeoutMs').or(DEFAULT_TIMEOUT).wholeNumber(TIMEOUT),
    maxInFlight: row.member('maxInFlight').or(DEFAULT_IN_FLIGHT).wholeNumber(IN_FLIGHT),
    chunked: row.member('chunked').or(false).boolean(),
    stream: row.member('stream').isMissing ? null : readStream(row.member('stream')),
    methods: row.member('methods').or(DEFAULT_METHODS).list(METHODS_WANTED).map(readMethod),
    paths: readPrefix(row.member('paths').or('/')),
    fields: row.member('fields').isMissing ? [] : row.member('fields').list(FIELDS_WANTED).map(readField),
  };
}

function readStream(value: ConfigValue): StreamPolicy {
  return {
    flushMs: value.member('flushMs').wholeNumber(FLUSH),
    requests: value.member('requests').or(false).boolean(),
  };
}

/** The relay sees the pieces of a stream, so the responses of its class would not look alike. */
function refuseSharedClasses(rows: readonly ConfigValue[], services: readonly ServiceRow[]): void {
  services.forEach(({ stream, lengths, name }, i) => {
    const other = services.find((one) => one.lengths === lengths && one.stream === null);
    if (stream !== null && other !== undefined) {
      rows[i]
        ?.member('stream')
        .fail(
          `streams, and "${other.name}" does not, but both have the length class "${lengths.name}". Give "${name}" another class`,
        );
    }
  });
}

const METHODS_WANTED = `must be a list of methods: ${METHODS.join(', ')}`;
const FIELDS_WANTED = 'must be a list of field names, like ["accept", "user-agent"]';

function readMethod(value: ConfigValue): Method {
  return METHODS.find((method) => method === value.raw) ?? value.fail(`must be one of ${METHODS.join(', ')}`);
}

/** One prefix, which every path of the service has. */
function readPrefix(value: ConfigValue): string {
  const prefix = value.matching(/^\/[^?]*$/, PREFIX_WANTED);
  return isPlainPath(prefix) ? prefix : value.fail(PREFIX_WANTED);
}

const PREFIX_WANTED =
  'must be one path that begins with /, like "/v1/", without query, dot segments and escapes of them';

function readField(value: ConfigValue): string {
  const name = value.text(FIELDS_WANTED);
  return isAdmissible(name)
    ? name
    : value.fail('must be a lower-case field name that is not one of a connection, a client or the gateway');
}

function readTarget(target: ConfigValue, variables: Variables): Target {
  const [binding, url] = [target.member('binding'), target.member('url')];
  if (binding.isMissing === url.isMissing) target.fail('must have a binding or a url, and not both');
  if (url.isMissing) {
    const name = binding.text();
    if (!variables.hasBinding(name)) binding.fail('must be the name of a binding of this Worker');
    return { binding: name };
  }
  const listed = target.member('private');
  if (!listed.isMissing && variables.platform !== 'node') {
    listed.fail('works on Node only. Remove it on Workers');
  }
  const own = listed.isMissing ? [] : listed.list(ADDRESSES).map(readAddress);
  const base = readUrl(url, own, variables.platform === 'workers' && variables.flag('LOCAL'));
  return listed.isMissing ? { url: base } : { url: base, private: own };
}

/** Plain http only on this machine, for a row with a `private` list. On Node the settings check that list. */
function readUrl(value: ConfigValue, own: readonly string[], allowLocal: boolean): string {
  const { protocol, hostname, origin, pathname, href } = value.url();
  const base = origin + pathname.replace(/\/$/, '');
  if (href.replace(/\/$/, '') !== base) value.fail('must be an origin and a path, without user, query or #');
  const isLocal = allowLocal && LOOPBACK.has(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && (isLocal || own.length > 0))) value.fail(PLAIN_HTTP);
  if (!isLocal && own.length === 0 && /^[0-9.]+$|^\[/.test(hostname)) {
    value.fail('must be a name, not an address, unless its "private" list has the address');
  }
  return base;
}

/** The rule for a target that is not https. */
export const PLAIN_HTTP = 'must be https, unless its "private" list is loopback only';

const ADDRESSES = 'must be a list of addresses and prefixes, like ["10.2.0.0/16"]';

/** An address or prefix by its form; the resolver decides what it is. */
function readAddress(value: ConfigValue): string {
  return value.matching(
    /^[0-9a-f.:]+(?:\/[0-9]{1,3})?$/i,
    'must be an address or a prefix, like 10.2.0.0/16',
  );
}

function readTokenPolicy(token: ConfigValue): { type: number } | null {
  if (token.raw === 'none') return null;
  if (typeof token.raw !== 'object' || token.raw === null) {
    token.fail('must be the token policy: {"type": 5}, or "none" for a service without tokens');
  }
  return { type: token.member('type').wholeNumber({ min: 1, max: 0xffff }) };
}

function readRoot(value: ConfigValue): Bytes {
  const root = value.base64url() ?? EMPTY;
  try {
    checkRoot(root);
    return root;
  } catch {
    return value.fail('must be an Ed25519 public key in base64url, as `sotto root new` prints it');
  }
}
