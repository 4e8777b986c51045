import ipaddr from 'ipaddr.js';

/** Translated addresses (RFC 6052, RFC 6145): the IPv4 address of the client in a prefix that all clients share. */
const EMBEDS_IPV4 = new Set<string>(['rfc6052', 'rfc6145']);

/** All addresses that cannot be read count as one. */
const UNKNOWN = 'unknown';

/**
 * The key under which a limit counts a client: an IPv4 address, or the /64 of an IPv6 address, because a
 * client has a whole /64.
 *
 * Reads every form that proxies write: with a port, in brackets, in quotes, with a zone, IPv4 inside IPv6.
 */
export function addressKey(text: string): string {
  const address = parseAddress(text);
  if (address === null) return UNKNOWN;
  if (address.kind() === 'ipv4') return address.toString();
  const v6 = address as ipaddr.IPv6;
  if (v6.range() === 'teredo') return v6.toString(); // its /64 belongs to a Teredo server
  const groups = v6.parts.slice(0, 4).map((part) => part.toString(16));
  return `${groups.join(':')}::/64`;
}

/** The address of the client in the last element of a proxy's header, for {@link addressKey}. */
export function lastElement(header: string, value: string): string {
  const last = value.split(',').at(-1) ?? '';
  if (header !== 'forwarded') return last;
  return /(?:^|;)\s*for\s*=\s*("[^"]*"|[^;]*)/i.exec(last)?.[1] ?? ''; // RFC 7239 §4
}

function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const plain = withoutPort(
    text
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .trim(),
  );
  if (ipaddr.IPv4.isValidFourPartDecimal(plain)) return ipaddr.IPv4.parse(plain);
  if (!ipaddr.IPv6.isValid(plain)) return null;
  const address = ipaddr.IPv6.parse(plain.replace(/%.*$/, ''));
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  return EMBEDS_IPV4.has(address.range()) ? embedded(address) : address;
}

/** The IPv4 address in the last 32 bits. */
function embedded({ parts }: ipaddr.IPv6): ipaddr.IPv4 {
  const [high = 0, low = 0] = parts.slice(6);
  return new ipaddr.IPv4([high >> 8, high & 255, low >> 8, low & 255]);
}

function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::[0-9]{1,5})?$/.exec(text)?.[1];
  if (bracketed !== undefined) return bracketed;
  const withPort = /^([0-9.]+):[0-9]{1,5}$/.exec(text)?.[1]; // IPv4
  if (withPort !== undefined) return withPort;
  // Eight groups and a port, without brackets, as CloudFront-Viewer-Address has it.
  return text.split(':').length === 9 && !text.includes('::') ? text.slice(0, text.lastIndexOf(':')) : text;
}
