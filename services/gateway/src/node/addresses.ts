import { BlockList, isIP } from 'node:net';

/** A set of addresses: which of them a service may be at. */
export type Permits = (address: string) => boolean;

/**
 * IPv4 that is nobody's on the internet, or is a machine's own (RFC 6890): this network, private, CGNAT, loopback,
 * link-local (and with it most clouds' metadata), protocol assignments, documentation, 6to4 relays, benchmarks,
 * multicast, reserved and broadcast. Last: Azure's metadata, which has a public address.
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
];

/**
 * What global unicast, 2000::/3, holds besides: protocol assignments with Teredo, documentation, 6to4. Loopback,
 * unique local, link-local, multicast, IPv4-mapped and NAT64 addresses lie outside of it.
 */
const NOT_GLOBAL = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const LEAST_PREFIX = { ipv4: 8, ipv6: 16 }; // bits: a wider permission is a mistake
const EMBEDS_IPV4 = /^(?:::(?!1$)|64:ff9b:)/i; // mapped, compatible, NAT64: they would permit all of IPv4

/** Addresses of the internet, and no others. */
const isPublic: Permits = ((): Permits => {
  const notPublic = listOf(NOT_PUBLIC);
  const global = listOf(['2000::/3']);
  const notGlobal = listOf(NOT_GLOBAL);
  return (address) => {
    const family = familyOf(address);
    if (family === 'ipv4') return !notPublic.check(address, family);
    return family === 'ipv6' && global.check(address, family) && !notGlobal.check(address, family);
  };
})();

/**
 * The internet, and what an operator names beside it.
 *
 * @param own - addresses and prefixes (`10.2.0.0/16`, `fd00:1::/32`, `127.0.0.1`) that a service may have
 * @throws {RangeError} for one that is neither, or wider than a network of one's own
 */
export function publicAnd(own: readonly string[]): Permits {
  if (own.some(isTooMuch)) throw new RangeError('more than a network');
  const list = listOf(own);
  return (address) => {
    const family = familyOf(address);
    return family !== null && (isPublic(address) || list.check(address, family));
  };
}

function isTooMuch(prefix: string): boolean {
  const [address = '', bits] = prefix.split('/', 2);
  const least = address.includes(':') ? LEAST_PREFIX.ipv6 : LEAST_PREFIX.ipv4;
  return EMBEDS_IPV4.test(address) || (bits !== undefined && Number(bits) < least);
}

function listOf(prefixes: readonly string[]): BlockList {
  const list = new BlockList();
  for (const prefix of prefixes) {
    const [address = '', bits] = prefix.split('/', 2);
    const family = familyOf(address);
    if (family === null) throw new RangeError('no address');
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, /^[0-9]{1,3}$/.test(bits) ? Number(bits) : Number.NaN, family);
  }
  return list;
}

function familyOf(address: string): 'ipv4' | 'ipv6' | null {
  if (address.includes('%')) return null; // a zone: link-local
  const family = isIP(address);
  if (family === 0) return null;
  return family === 4 ? 'ipv4' : 'ipv6';
}
