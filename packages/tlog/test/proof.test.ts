import { describe, expect, test } from 'vitest';
import { nobleEd25519Verify } from '@sotto/bundle';
import { base64, type Bytes } from '@sotto/wire';
import {
  COSIGNATURE,
  decodeEntryBundle,
  decodeTile,
  ED25519,
  entryPaths,
  formatProof,
  leafHash,
  logFiles,
  parsePolicy,
  parseProof,
  rootHash,
  splitViewCost,
  verifyProof,
} from '@sotto/tlog';
import {
  ORIGIN,
  policyFile,
  proofOf as loggedProof,
  seed,
  vkey,
  type Signers,
} from '../../../test/support/bundle-log.ts';

const refused = (code: string) => expect.objectContaining({ name: 'TlogError', code });
const policy = parsePolicy(policyFile(20_788));
const entry = (i: number): Bytes => new Uint8Array(40).fill(i);
const entries = Array.from({ length: 7 }, (_, i) => entry(i));

const proofOf = ({ index = 3, ...signers }: Signers & { index?: number } = {}): string =>
  loggedProof(entries, index, signers);
const verify = (proof: string, index = 3, bytes = entry(3)) =>
  verifyProof(bytes, proof, { policy, index, ed25519Verify: nobleEd25519Verify });

describe('proofs', () => {
  test('an entry that was logged and seen by a quorum is accepted', () => {
    expect(verify(proofOf())).toMatchObject({ origin: ORIGIN, size: 7 });
    expect(formatProof(parseProof(proofOf()))).toBe(proofOf());
  });

  test.each([
    ['the proof of another entry', () => verify(proofOf({ index: 2 })), 'wrong-index'],
    ['another entry', () => verify(proofOf(), 3, entry(4)), 'not-logged'],
    ['one byte after the entry', () => verify(proofOf(), 3, new Uint8Array(41).fill(3)), 'not-logged'],
    ['a log key that the policy does not name', () => verify(proofOf({ log: seed(9) })), 'log-signature'],
    ['no mirror', () => verify(proofOf({ witnesses: [1, 2, 3] })), 'too-few-witnesses'],
    ['one public witness', () => verify(proofOf({ witnesses: [0, 1] })), 'too-few-witnesses'],
    ['one public witness twice', () => verify(proofOf({ witnesses: [0, 1, 1] })), 'too-few-witnesses'],
    [
      'witnesses under other names',
      () => verify(proofOf({ names: ['a', 'b', 'c', 'd'] })),
      'too-few-witnesses',
    ],
  ])('refuses %s', (_what, run, code) => {
    expect(run).toThrow(refused(code));
  });

  test.each([7, 365, 3650])('the proof of an entry of a log of %i epochs has 2 KB at most', (size) => {
    const all = Array.from({ length: size }, (_, i) => entry(i % 251));
    expect(loggedProof(all, size - 1).length).toBeLessThanOrEqual(2048);
  });

  test('an index at or above the size of the tree is refused', () => {
    const beyond = proofOf().replace('index 3', 'index 7');
    expect(() => verify(beyond, 7)).toThrow(refused('wrong-index'));
  });

  test('a checkpoint changed by one character is refused', () => {
    const proof = proofOf();
    expect(() => verify(proof.replace('\n7\n', '\n8\n'))).toThrow(refused('malformed-note'));
  });

  test.each([
    ['a leading zero', (text: string) => text.replace('index 3', 'index 03')],
    ['extra data', (text: string) => text.replace('index', 'extra AAAA\nindex')],
    ['another version', (text: string) => text.replace('@v1', '@v2')],
    ['no empty line', (text: string) => text.replace('\n\n', '\n')],
    ['64 hashes', (text: string) => text.replace('\n\n', `\n${`${base64(seed(1))}\n`.repeat(64)}\n`)],
    ['a hash of 31 bytes', (text: string) => text.replace('\n\n', `\n${base64(new Uint8Array(31))}\n\n`)],
    ['nothing', () => ''],
  ])('refuses a proof with %s as malformed', (_what, change) => {
    expect(() => verify(change(proofOf()))).toThrow(refused('malformed-proof'));
  });

  test.each([1, -1])('refuses a path that is longer or shorter by one hash (%i)', (by) => {
    const { index, path, checkpoint } = parseProof(proofOf());
    const other = by === 1 ? [...path, seed(1)] : path.slice(0, -1);
    expect(() => verify(formatProof({ index, path: other, checkpoint }))).toThrow(refused('not-logged'));
  });
});

describe('policies', () => {
  test('reads logs, witnesses, groups, the quorum and the base', () => {
    expect(policy.base).toBe(20_788);
    const withUrl = parsePolicy(`log ${vkey(ORIGIN, ED25519, seed(1))} https://log.example\nquorum none`);
    expect(withUrl.logs.map(({ url }) => url)).toEqual(['https://log.example']);
    expect(policy.logs.map(({ key, url }) => [key.name, url])).toEqual([[ORIGIN, null]]);
    expect(policy.witnesses).toHaveLength(4);
  });

  const witness = `witness a ${vkey('a.example', COSIGNATURE, seed(2))}\n`;
  test.each([
    ['no quorum', witness],
    ['two quorums', `${witness}quorum a\nquorum none`],
    ['an undefined name', `quorum b`],
    ['a name used before its line', `group g all a\n${witness}quorum g`],
    ['a name used twice', `${witness}group g all a a\nquorum g`],
    ['a member of two groups', `${witness}group g all a\ngroup h all a\nquorum g`],
    ['a threshold above the members', `${witness}group g 2 a\nquorum g`],
    ['a threshold of 0', `${witness}group g 0 a\nquorum g`],
    ['a group without members', `${witness}group g any\nquorum g`],
    ['none as a member', `group g any none\nquorum g`],
    ['the name none', witness.replace(' a ', ' none ') + 'quorum none'],
    ['one key under two names', `${witness}witness b ${vkey('b.example', COSIGNATURE, seed(2))}\nquorum a`],
    ['a log key for a witness', `witness a ${vkey('a.example', ED25519, seed(2))}\nquorum a`],
    ['a witness key for a log', `log ${vkey('a.example', COSIGNATURE, seed(2))}\nquorum none`],
    ['an unknown line', `${witness}weight a\nquorum a`],
    ['a carriage return', `${witness}quorum a\r\n`],
  ])('refuses %s', (_what, text) => {
    expect(() => parsePolicy(text)).toThrow(refused('malformed-policy'));
  });

  test.each([
    ['quorum none', 0],
    ['group g 2 a b c\nquorum g', 1],
    ['group g 3 a b c\nquorum g', 3],
    ['group g any a b c\nquorum g', 0],
    ['group g 2 b c\ngroup h all a g\nquorum h', 3],
    ['group g 1 b c\ngroup h all a g\nquorum h', 1],
  ])('%j can show two histories when so many witnesses lie: %i', (lines, cost) => {
    const witnesses = ['a', 'b', 'c'].map(
      (name, i) => `witness ${name} ${vkey(`${name}.example`, COSIGNATURE, seed(i + 2))}\n`,
    );
    expect(splitViewCost(parsePolicy(witnesses.join('') + lines).quorum)).toBe(cost);
  });
});

describe('tiles', () => {
  test('the paths of 70,000 entries are those of the specification', () => {
    const paths = entryPaths(70_000);
    expect(paths).toHaveLength(274);
    expect(paths.at(-1)).toBe('tile/entries/273.p/112');
    expect(entryPaths(1067 * 256 + 1).at(-1)).toBe('tile/entries/x001/067.p/1');
  });

  test('a log of 600 entries is three entry bundles, three tiles of level 0 and one of level 1', () => {
    const many = Array.from({ length: 600 }, (_, i) => new Uint8Array(3).fill(i % 256));
    const files = new Map(logFiles(many).map(({ path, bytes }) => [path, bytes]));
    expect([...files.keys()].toSorted()).toEqual([
      'tile/0/000',
      'tile/0/001',
      'tile/0/002.p/88',
      'tile/1/000.p/2',
      'tile/entries/000',
      'tile/entries/001',
      'tile/entries/002.p/88',
    ]);
    const read = entryPaths(600).flatMap((path) => decodeEntryBundle(files.get(path) as Bytes));
    expect(read).toEqual(many);
    const leaves = ['000', '001', '002.p/88'].flatMap((n) => decodeTile(files.get(`tile/0/${n}`) as Bytes));
    expect(leaves).toEqual(many.map(leafHash));
    const full = decodeTile(files.get('tile/1/000.p/2') as Bytes);
    expect(full).toEqual([rootHash(leaves.slice(0, 256)), rootHash(leaves.slice(256, 512))]);
  });

  test.each([[new Uint8Array(31)], [new Uint8Array(0)], [new Uint8Array(257 * 32)]])(
    'refuses a tile of another length',
    (bytes) => {
      expect(() => decodeTile(bytes)).toThrow(refused('malformed-tile'));
    },
  );

  test('refuses an entry bundle that is cut', () => {
    expect(() => decodeEntryBundle(Uint8Array.of(0, 5, 1))).toThrow(refused('malformed-tile'));
  });
});
