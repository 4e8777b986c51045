import { describe, expect, test } from 'vitest';
import { base64, concat, fromUtf8, utf8, type Bytes } from '@sotto/wire';
import {
  COSIGNATURE,
  cosign,
  ED25519,
  formatCheckpoint,
  formatNote,
  formatSignature,
  formatVerifierKey,
  isSignedBy,
  parseCheckpoint,
  parseNote,
  parseSignatures,
  parseVerifierKey,
  signCheckpoint,
  verifierKey,
} from '@sotto/tlog';
import { ed25519 } from '@noble/curves/ed25519.js';
import { nobleEd25519Verify } from '@sotto/bundle';

const refused = (code: string) => expect.objectContaining({ name: 'TlogError', code });
const seed = (n: number): Bytes => new Uint8Array(32).fill(n);
const publicKey = (n: number): Bytes => new Uint8Array(ed25519.getPublicKey(seed(n)));
const checkpoint = { origin: 'bundles.sotto.example', size: 7, root: new Uint8Array(32).fill(9) };
const log = verifierKey(checkpoint.origin, ED25519, publicKey(1));
const witness = verifierKey('witness.example/w', COSIGNATURE, publicKey(2));
const text = formatCheckpoint(checkpoint);
const signed = formatNote({
  text,
  signatures: [signCheckpoint(checkpoint, seed(1)), cosign(text, witness.name, seed(2), 1_679_315_147)],
});

describe('verifier keys', () => {
  test('reads the key of the Go checksum database, and writes it again', () => {
    const vkey = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';
    const key = parseVerifierKey(vkey);
    expect(key.name).toBe('sum.golang.org');
    expect(formatVerifierKey(key)).toBe(vkey);
  });

  test.each([
    ['another id', 'sum.golang.org+033de0af+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'],
    ['another name', 'sum.golang.com+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'],
    ['another type', 'sum.golang.org+033de0ae+As4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'],
    ['31 bytes', 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuA=='],
    ['no key', 'sum.golang.org+033de0ae'],
    ['no name', '+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'],
    ['an id in upper case', 'sum.golang.org+033DE0AE+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'],
    ['nothing', ''],
  ])('refuses %s', (_what, vkey) => {
    expect(() => parseVerifierKey(vkey)).toThrow(refused('malformed-key'));
  });

  test.each(['', 'a b', 'a+b', 'a\u00a0b', 'a\nb'])('refuses the name %j', (name) => {
    expect(() => verifierKey(name, ED25519, publicKey(1))).toThrow(refused('malformed-key'));
  });
});

describe('notes', () => {
  test('format and parse are inverse', () => {
    const note = parseNote(signed);
    expect(note.text).toBe(text);
    expect(formatNote(note)).toBe(signed);
    expect(parseSignatures(note.signatures.map(formatSignature).join(''))).toEqual(note.signatures);
  });

  test('the text ends at the last empty line', () => {
    const note = parseNote(formatNote({ text: 'a\n\nb\n', signatures: parseNote(signed).signatures }));
    expect(note.text).toBe('a\n\nb\n');
  });

  test('reads 16 signatures and refuses 65', () => {
    const line = signCheckpoint(checkpoint, seed(1));
    const many = (count: number) =>
      formatNote({ text, signatures: Array.from({ length: count }, () => line) });
    expect(parseNote(many(16)).signatures).toHaveLength(16);
    expect(() => parseNote(many(65))).toThrow(refused('malformed-note'));
  });

  test.each([
    ['no signature', `${text}\n`],
    ['no empty line', text],
    ['a cut last line', signed.slice(0, -1)],
    ['a hyphen for the dash', signed.replace('\u2014', '-')],
    ['two spaces', signed.replace('\u2014 ', '\u2014  ')],
    ['base64url', signed.replace(/ [^ ]+\n$/, ' -_-_AAAA\n')],
    ['base64 without padding', signed.replace(/=+\n$/, '\n')],
    ['a key id alone', `${text}\n\u2014 a ${base64(new Uint8Array(4))}\n`],
    ['a carriage return', signed.replace('\n', '\r\n')],
    ['a tab', signed.replace('7', '\t7')],
    ['a lone surrogate', signed.replace('7', '\ud800')],
    ['64 KiB', `${'a'.repeat(65_536)}${signed}`],
    ['nothing', ''],
  ])('refuses %s', (_what, note) => {
    expect(() => parseNote(note)).toThrow(refused('malformed-note'));
  });
});

describe('checkpoints', () => {
  test('reads what it wrote', () => {
    expect(parseCheckpoint(signed).checkpoint).toEqual(checkpoint);
  });

  test.each([
    ['a leading zero', text.replace('7', '07')],
    ['a sign', text.replace('7', '+7')],
    ['2^53', text.replace('7', '9007199254740992')],
    ['an extension line', `${text}more\n`],
    ['a root of 31 bytes', text.replace(/\n[^\n]+\n$/, `\n${base64(new Uint8Array(31))}\n`)],
    ['bits left over in the root', text.replace('=\n', '=\n').replace(/.=\n$/, 'l=\n')],
    ['no origin', text.slice(text.indexOf('\n'))],
    ['two lines', 'a\n7\n'],
  ])('refuses %s', (_what, other) => {
    const note = formatNote({ text: other, signatures: parseNote(signed).signatures });
    expect(() => parseCheckpoint(note)).toThrow(refused('malformed-checkpoint'));
  });
});

describe('signatures', () => {
  const note = parseNote(signed);
  const by = (key: typeof log, changed = note) => isSignedBy(changed, key, nobleEd25519Verify);

  test('a log and a witness that signed are told from those that did not', () => {
    expect([by(log), by(witness)]).toEqual([true, true]);
    expect(by(verifierKey(log.name, ED25519, publicKey(3)))).toBeNull();
    expect(by(verifierKey('other.example', ED25519, publicKey(1)))).toBeNull();
  });

  test('a cosignature covers its time, and a plain signature by the same key is none', () => {
    const [first, second] = note.signatures;
    if (first === undefined || second === undefined) throw new Error('two signatures were written');
    const later = second.signature.slice();
    later[7] = (later[7] ?? 0) ^ 1;
    const changed = { text, signatures: [first, { ...second, signature: later }] };
    expect(() => by(witness, changed)).toThrow(refused('malformed-note'));
    const plain = new Uint8Array(ed25519.sign(utf8(text), seed(2)));
    for (const signature of [
      plain,
      concat(new Uint8Array(8), plain),
      concat(new Uint8Array(8).fill(255), plain),
    ]) {
      expect(() => by(witness, { text, signatures: [{ ...second, signature }] })).toThrow(
        refused('malformed-note'),
      );
    }
  });

  test('a line of a known key that does not verify refuses the note, even beside one that does', () => {
    const [first] = note.signatures;
    if (first === undefined) throw new Error('two signatures were written');
    const bad = { ...first, signature: new Uint8Array(64) };
    expect(() => by(log, { text, signatures: [first, bad] })).toThrow(refused('malformed-note'));
  });

  test('the message of a cosignature is two lines and the text of the note', () => {
    const heard: string[] = [];
    isSignedBy(note, witness, (_signature, message) => {
      heard.push(fromUtf8(message));
      return true;
    });
    expect(heard).toEqual([`cosignature/v1\ntime 1679315147\n${text}`]);
  });
});
