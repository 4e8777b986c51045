import ipaddr from 'ipaddr.js';

/** Whether a service may be at this address. */
export type Permits = (address: string) => boolean;

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** A network: an address and the length of its prefix, in bits. */
type Network = readonly [Address, number];

export interface AddressPolicy {
  /** Addresses and prefixes of the operator's own network (`10.2.0.0/16`, `fd00:1::/32`, `127.0.0.1`). */
  readonly own: readonly string[];
  /** Whether public addresses are permitted too. */
  readonly internet: boolean;
  /** The prefix of the local NAT64 (RFC 6052), whose addresses are judged by the IPv4 address inside; null without one. */
  readonly nat64: string | null;
}

/**
 * IPv4 networks that are not public (RFC 6890): this network, private, CGNAT, loopback, link-local (with the metadata
 * service of most clouds), protocol assignments, documentation, 6to4 relays, benchmarks, multicast, reserved and
 * broadcast. The last is Azure's metadata service, which has a public address.
 */
const NOT_PUBLIC = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '168.63.129.16/32',
].map(networkOf);

const GLOBAL_UNICAST = networkOf('2000::/3');

/** Networks inside of 2000::/3 that are not public: protocol assignments with Teredo, documentation, 6to4. */
const NOT_GLOBAL = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'].map(networkOf);

/** IPv6 networks whose addresses contain an IPv4 address: compatible, mapped, translated, NAT64, 6to4, Teredo. */
const EMBEDDING = [
  '::/96',
  '::ffff:0:0/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '2002::/16',
  '2001::/32',
].map(networkOf);

const LOOPBACK = ['127.0.0.0/8', '::1/128'].map(networkOf);

const MIN_PREFIX = { ipv4: 8, ipv6: 16 }; // bits: a shorter prefix is more than one's own network

/** Prefix lengths of NAT64 (RFC 6052 §2.2), and where the four octets of the IPv4 address are. Octet 8 is always zero. */
const NAT64_OCTETS: Readonly<Record<number, readonly number[]>> = {
  32: [4, 5, 6, 7],
  40: [5, 6, 7, 9],
  48: [6, 7, 9, 10],
  56: [7, 9, 10, 11],
  64: [9, 10, 11, 12],
  96: [12, 13, 14, 15],
};

/**
 * @throws {RangeError} if `own` has something that is not an address or prefix, or one that is larger than an
 *   operator's own network, or if `nat64` is not a NAT64 prefix
 */
export function permitAddresses({ own, internet, nat64 }: AddressPolicy): Permits {
  const prefix = nat64 === null ? null : nat64Of(nat64);
  const networks = own.map(networkOf);
  if (networks.some((network) => isTooLarge(network, prefix))) throw new RangeError('more than a network');
  const isPermitted = (address: Address): boolean =>
    (internet && isPublic(address)) || networks.some((network) => contains(network, address));
  return (text) => {
    const address = parse(text);
    if (address === null) return false;
    const embedded = prefix === null ? null : embeddedIn(prefix, address);
    return isPermitted(embedded ?? address);
  };
}

/** Whether every one of these addresses and prefixes is of this machine's loopback. @throws {RangeError} */
export function areLoopback(own: readonly string[]): boolean {
  return own.map(networkOf).every((network) => LOOPBACK.some((loopback) => isWithin(network, loopback)));
}

function isPublic(address: Address): boolean {
  if (address.kind() === 'ipv4') return !NOT_PUBLIC.some((network) => contains(network, address));
  return contains(GLOBAL_UNICAST, address) && !NOT_GLOBAL.some((network) => contains(network, address));
}

function isTooLarge([address, bits]: Network, nat64: Network | null): boolean {
  if (bits < MIN_PREFIX[address.kind()]) return true;
  const isLoopback = isWithin([address, bits], networkOf('::1/128'));
  const embedding = nat64 === null ? EMBEDDING : [...EMBEDDING, nat64];
  return !isLoopback && embedding.some((network) => overlap(network, [address, bits]));
}

/** Parses an address in its usual form. Null for other text, and for addresses with a zone (link-local). */
function parse(text: string): Address | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  return ipaddr.IPv6.isValid(text) && !text.includes('%') ? ipaddr.IPv6.parse(text) : null;
}

/** @throws {RangeError} */
function networkOf(text: string): Network {
  const [, base = '', length] = /^([^/]*)(?:\/([0-9]{1,3}))?$/.exec(text) ?? [];
  const address = parse(base);
  if (address === null) throw new RangeError('not an address');
  const most = address.kind() === 'ipv4' ? 32 : 128;
  const bits = length === undefined ? most : Number(length);
  if (bits > most) throw new RangeError('not a prefix');
  return [address, bits];
}

/** @throws {RangeError} */
function nat64Of(text: string): Network {
  const [address, bits] = networkOf(text);
  if (address.kind() !== 'ipv6' || NAT64_OCTETS[bits] === undefined)
    throw new RangeError('not a NAT64 prefix');
  return [address, bits];
}

function embeddedIn(prefix: Network, address: Address): ipaddr.IPv4 | null {
  if (!contains(prefix, address)) return null;
  const octets = address.toByteArray();
  return new ipaddr.IPv4((NAT64_OCTETS[prefix[1]] ?? []).map((at) => octets[at] ?? 0));
}

const contains = ([base, bits]: Network, address: Address): boolean =>
  address.kind() === base.kind() && address.match(base, bits);

const isWithin = ([address, bits]: Network, outer: Network): boolean =>
  bits >= outer[1] && contains(outer, address);

const overlap = (a: Network, b: Network): boolean => contains([a[0], Math.min(a[1], b[1])], b[0]);
