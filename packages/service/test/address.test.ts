import { describe, expect, test } from 'vitest';
import { addressKey, lastElement } from '../src/address.ts';

describe('N23 an address counts the same in every form that proxies write', () => {
  test.each([
    '198.51.100.9',
    ' 198.51.100.9 ',
    '198.51.100.9:50000', // Azure Application Gateway, CloudFront
    '198.51.100.9:1',
    '"198.51.100.9"',
    '"198.51.100.9:443"',
    '::ffff:198.51.100.9', // a dual-stack socket
    '::FFFF:198.51.100.9',
    '[::ffff:198.51.100.9]:443',
    '::ffff:c633:6409',
    '64:ff9b::198.51.100.9', // NAT64: all clients share its /64
    '::ffff:0:198.51.100.9',
  ])('IPv4: %s', (text) => {
    expect(addressKey(text)).toBe('198.51.100.9');
  });

  test.each([
    '2001:db8:1:2:3:4:5:6',
    '2001:db8:1:2::1',
    '2001:DB8:0001:2::',
    '[2001:db8:1:2::1]',
    '[2001:db8:1:2::1]:443',
    '"[2001:db8:1:2::1]:4711"',
    '2001:db8:1:2:3:4:5:6:443', // CloudFront-Viewer-Address
    '2001:db8:1:2::6%eth0',
  ])('IPv6: %s', (text) => {
    expect(addressKey(text)).toBe('2001:db8:1:2::/64');
  });

  test.each([
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['2001:0:1:2:3:4:5:6', '2001:0:1:2:3:4:5:6'], // Teredo: the /64 belongs to a server
  ])('%s counts as %s', (text, key) => {
    expect(addressKey(text)).toBe(key);
  });

  test.each([
    '',
    'unknown',
    '_hidden',
    '198.51.100',
    '0x7f.1',
    '010.0.0.1',
    '198.51.100.9:port',
    '[198.51.100.9',
    '1:2',
    ':::',
    'NaN',
  ])('text that is not an address counts as unknown: %j', (text) => {
    expect(addressKey(text)).toBe('unknown');
  });
});

test.each([
  ['x-forwarded-for', '203.0.113.1, 198.51.100.9:50000', '198.51.100.9'],
  ['x-forwarded-for', '198.51.100.9', '198.51.100.9'],
  ['x-forwarded-for', '198.51.100.9,', 'unknown'],
  ['forwarded', 'for=192.0.2.60;proto=http;by=203.0.113.43', '192.0.2.60'],
  ['forwarded', 'for=203.0.113.1, For="[2001:db8:cafe:1::17]:4711"', '2001:db8:cafe:1::/64'],
  ['forwarded', 'proto=https; for = "192.0.2.60:80"', '192.0.2.60'],
  ['forwarded', 'for=unknown', 'unknown'],
  ['forwarded', 'by=203.0.113.43;xfor=192.0.2.60', 'unknown'],
])('N23 the client of %s: %s is %s', (header, value, key) => {
  expect(addressKey(lastElement(header, value))).toBe(key);
});
