import { describe, expect, test } from 'vitest';
import { areLoopback, permitAddresses, type Permits } from '../src/node/addresses.ts';

/** The internet, and these addresses. */
const publicAnd = (own: readonly string[], nat64: string | null = null): Permits =>
  permitAddresses({ own, internet: true, nat64 });

describe('N15 addresses are compared as numbers, in any spelling', () => {
  test.each([
    '0000::ffff:0:0/96',
    '0:0:0:0:0:ffff:0:0/96',
    '::ffff:0.0.0.0/96',
    '::FFFF:7f00:0/104',
    '0:0::/95',
    '::2/127',
    '::ffff:0:0:0/96',
    '64:FF9B:0::/96',
    '64:ff9b:1:0::/48',
    '2002::/16',
    '2002:a00::/24',
    '2001:0::/32',
    '::ffff:10.2.0.1',
    '::10.2.0.1',
    '127.1',
    '0x7f.0.0.1',
    '010.0.0.1',
    '10.0.0.1%eth0',
    'fe80::1%eth0',
    '10.0.0.0/ 8',
    '10.0.0.0/08a',
    '10.0.0.0/-8',
    '1.2.3.4/33',
    'fd00::/129',
    'fd00::/15',
    '',
  ])('a row that names %s does not start', (own) => {
    expect(() => publicAnd([own])).toThrow(RangeError);
  });

  test('one network in two spellings is one network', () => {
    for (const own of ['fd00:1::/32', 'FD00:0001:0000::/32', 'fd00:1:0:0:0:0:0:0/32']) {
      const permits = publicAnd([own]);
      for (const address of ['fd00:1::5', 'FD00:1:0:0::5', 'fd00:0001::0.0.0.5']) {
        expect([own, address, permits(address)]).toEqual([own, address, true]);
      }
      expect(permits('fd00:2::5')).toBe(false);
    }
    expect(publicAnd(['::1'])('0:0:0:0:0:0:0:1')).toBe(true);
  });

  test('only loopback is loopback', () => {
    const loopback = [
      ['127.0.0.1'],
      ['127.0.0.0/8', '::1'],
      ['127.9.0.0/16'],
      ['0:0::1/128'],
      ['127.0.0.1/32'],
    ];
    expect(loopback.filter((own) => !areLoopback(own))).toEqual([]);
    const others = [['127.0.0.1', '10.0.0.1'], ['126.0.0.0/7'], ['::/127'], ['128.0.0.1'], ['fd00::1']];
    expect(others.filter((own) => areLoopback(own))).toEqual([]);
  });

  test('without the internet, only the named addresses are permitted', () => {
    const permits = permitAddresses({ own: ['127.0.0.1'], internet: false, nat64: null });
    expect(
      ['127.0.0.1', '9.9.9.9', '2606:4700::1111', '127.0.0.2'].map((address) => permits(address)),
    ).toEqual([true, false, false, false]);
  });
});

describe('N35 behind a NAT64 an address is judged by the IPv4 address inside', () => {
  test.each([
    ['64:ff9b::/96', '64:ff9b::808:808', '64:ff9b::7f00:1', '64:ff9b::a02:1'],
    [
      '2001:db8:122:344::/96',
      '2001:db8:122:344::8.8.8.8',
      '2001:db8:122:344::127.0.0.1',
      '2001:db8:122:344::10.2.0.1',
    ],
    ['fd00:64::/64', 'fd00:64::8:808:800:0', 'fd00:64::7f:0:100:0', 'fd00:64::a:200:100:0'],
    ['2001:db8::/32', '2001:db8:808:808::', '2001:db8:7f00:1::', '2001:db8:a02:1::'],
    [
      'fd00:6464:6464::/48',
      'fd00:6464:6464:808:8:800::',
      'fd00:6464:6464:7f00:0:100::',
      'fd00:6464:6464:a02:0:100::',
    ],
  ])('prefix %s', (prefix, internet, loopback, own) => {
    const permits = publicAnd(['10.2.0.0/16'], prefix);
    expect([internet, loopback, own].map((address) => permits(address))).toEqual([true, false, true]);
    expect(publicAnd([], prefix)(own)).toBe(false);
    expect(publicAnd([])(internet)).toBe(false);
    expect(() => publicAnd([prefix], prefix)).toThrow(RangeError);
  });

  test.each(['64:ff9b::/95', '64:ff9b::', '10.0.0.0/32', 'x', '64:ff9b::/128'])(
    '%s is not a NAT64 prefix',
    (prefix) => {
      expect(() => publicAnd([], prefix)).toThrow(RangeError);
    },
  );
});
