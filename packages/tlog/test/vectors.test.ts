import { sha256 } from '@noble/hashes/sha2.js';
import { nobleEd25519Verify } from '@sotto/bundle';
import {
  consistencyProof,
  ED25519,
  formatCheckpoint,
  formatNote,
  formatSignature,
  formatVerifierKey,
  inclusionProof,
  isSignedBy,
  leafHash,
  parseCheckpoint,
  parseNote,
  parseSignatures,
  parseVerifierKey,
  rootHash,
  verifierKeyOf,
  verifyConsistency,
  verifyInclusion,
} from '@sotto/tlog';
import { fromHex, hex, utf8, type Bytes } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import merkle from '../../../specs/vectors/tlog-merkle.json' with { type: 'json' };
import notes from '../../../specs/vectors/tlog-notes.json' with { type: 'json' };

const bytes = (text: string): Bytes => fromHex(text);
const refused = (code: string) => expect.objectContaining({ name: 'TlogError', code });

describe('Merkle trees of transparency-dev/merkle', () => {
  const leaves = merkle.entries.map((entry) => leafHash(bytes(entry)));

  test('the roots of 1 to 8 entries', () => {
    expect(merkle.roots.map((_, i) => hex(rootHash(leaves.slice(0, i + 1))))).toEqual(merkle.roots);
  });

  test('98 inclusion proofs: 6 are accepted, and written byte for byte', () => {
    const results = merkle.inclusion.map(({ leafHash: leaf, index, size, proof, root }) =>
      verifyInclusion(bytes(leaf), index, size, proof.map(bytes), bytes(root)),
    );
    expect(results).toEqual(merkle.inclusion.map(({ result }) => result === 'valid'));
    expect([results.length, results.filter(Boolean).length]).toEqual([98, 6]);
    for (const { index, size, proof } of merkle.inclusion.filter(({ why }) => why === 'happy path')) {
      expect(inclusionProof(index, leaves.slice(0, size)).map(hex)).toEqual(proof);
    }
  });

  test('94 consistency proofs: 5 are accepted, and written byte for byte', () => {
    const results = merkle.consistency.map(({ size1, size2, proof, root1, root2 }) =>
      verifyConsistency(size1, size2, proof.map(bytes), bytes(root1), bytes(root2)),
    );
    expect(results).toEqual(merkle.consistency.map(({ result }) => result === 'valid'));
    expect([results.length, results.filter(Boolean).length]).toEqual([94, 5]);
    for (const { size1, size2, proof } of merkle.consistency.filter(({ why }) => why === 'happy path')) {
      expect(consistencyProof(size1, leaves.slice(0, size2)).map(hex)).toEqual(proof);
    }
  });
});

describe('subtrees of torchwood', () => {
  const { entries, hashes, inclusion } = merkle.subtrees;
  const leaves = Array.from({ length: entries }, (_, i) => leafHash(Uint8Array.of(i)));
  /** The SHA-256 of lines, each with its newline. */
  function digest(lines: Iterable<string>): string {
    const all = sha256.create();
    for (const line of lines) all.update(utf8(`${line}\n`));
    return hex(new Uint8Array(all.digest()));
  }
  /** Every subtree that ends at `end`, the empty one too: its start is a multiple of the power of two that holds it. */
  const startsOf = (end: number): number[] =>
    Array.from({ length: end + 1 }, (_, start) => start).filter(
      (start) => start === end || start % 2 ** Math.ceil(Math.log2(end - start)) === 0,
    );

  test('the hash of every subtree of up to 130 entries', () => {
    const lines: string[] = [];
    for (let end = 0; end <= entries; end++) {
      for (const start of startsOf(end)) {
        lines.push(`[${start}, ${end}) ${hex(rootHash(leaves.slice(start, end)))}`);
      }
    }
    expect(digest(lines)).toBe(hashes);
  });

  test('the inclusion proof of every entry in every subtree', () => {
    const lines: string[] = [];
    for (let end = 0; end <= entries; end++) {
      for (const start of startsOf(end)) {
        const tree = leaves.slice(start, end);
        for (const i of tree.keys()) {
          lines.push([`${start + i} [${start}, ${end})`, ...inclusionProof(i, tree).map(hex)].join(' '));
        }
      }
    }
    expect(digest(lines)).toBe(inclusion);
  });
});

describe('notes of the Go checksum database', () => {
  const { text, signatures } = notes.note;
  const signed = `${text}\n${signatures.join('')}`;
  const by = (note: string, vkey = ''): true | null =>
    isSignedBy(parseNote(note), parseVerifierKey(vkey), nobleEd25519Verify);
  const [peter] = notes.keys;

  test('verifier keys are read and written byte for byte, and belong to their secret key', () => {
    for (const { vkey } of notes.keys) expect(formatVerifierKey(parseVerifierKey(vkey))).toBe(vkey);
    const own = notes.keys.filter(({ seed }) => seed !== null);
    expect(
      own.map(({ name, seed }) => formatVerifierKey(verifierKeyOf(name, ED25519, bytes(seed ?? '')))),
    ).toEqual(own.map(({ vkey }) => vkey));
    expect(own).toHaveLength(1);
  });

  test.each(notes.malformedKeys)('%s is refused', (vkey) => {
    expect(() => parseVerifierKey(vkey)).toThrow(refused('malformed-key'));
  });

  test('both signatures are accepted, and the note is written byte for byte', () => {
    expect(notes.keys.map(({ vkey }) => by(signed, vkey))).toEqual([true, true]);
    const note = parseNote(signed);
    expect(note.text).toBe(text);
    expect(note.signatures.map(formatSignature)).toEqual(signatures);
    expect(formatNote(note)).toBe(signed);
    expect(by(`${text}\n${signatures[1]}`, peter?.vkey)).toBeNull();
  });

  test('a note with a signature that does not verify is refused', () => {
    expect(() => by(notes.invalidSignature, peter?.vkey)).toThrow(refused('malformed-note'));
    expect(() => by(signed.replace('answer', 'Answer'), peter?.vkey)).toThrow(refused('malformed-note'));
  });

  test.each(notes.malformedNotes)('%j is refused', (note) => {
    expect(() => parseNote(note)).toThrow(refused('malformed-note'));
  });

  test('a tree head is written and read byte for byte', () => {
    const { origin, size, entry } = notes.tree;
    const head = { origin, size, root: leafHash(utf8(entry)) };
    expect(formatCheckpoint(head)).toBe(notes.tree.text);
    const read = parseCheckpoint(
      formatNote({ text: notes.tree.text, signatures: parseSignatures(signatures.join('')) }),
    );
    expect(read.checkpoint).toEqual(head);
  });

  test.each(notes.malformedTrees)('%j is refused', (tree) => {
    expect(() => parseCheckpoint(`${tree}\n${signatures.join('')}`)).toThrow(refused('malformed-checkpoint'));
  });

  test('a checkpoint of sum.golang.org is read, and its signature accepted', () => {
    const { vkey, checkpoint } = notes.sumdb;
    expect(parseCheckpoint(checkpoint).checkpoint).toMatchObject({
      origin: 'go.sum database tree',
      size: 35_225_469,
    });
    expect(by(checkpoint, vkey)).toBe(true);
    expect(() => by(checkpoint.replace('35225469', '35225468'), vkey)).toThrow(refused('malformed-note'));
  });
});
