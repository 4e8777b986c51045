import { createHash, randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';

/** Sixteen random bytes that mark one secret, so that a test can look for it. */
export interface Canary {
  readonly name: string;
  readonly text: string; // 32 hexadecimal digits
}

export const canary = (name: string): Canary => ({ name, text: randomBytes(16).toString('hex') });

const GZIP = Buffer.of(0x1f, 0x8b, 0x08);

/** All encodings in which a canary may appear in a sink. */
function forms({ text }: Canary): Buffer[] {
  const ascii = Buffer.from(text);
  const raw = Buffer.from(text, 'hex');
  const percent = Array.from(ascii, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  // base64 has three alignments; the middle of each does not depend on its neighbours.
  const base64 = [0, 1, 2].flatMap((shift) =>
    (['base64', 'base64url'] as const).map((encoding) =>
      Buffer.concat([Buffer.alloc(shift), ascii])
        .toString(encoding)
        .slice(4, -4),
    ),
  );
  const digests = [ascii, raw].map((bytes) => createHash('sha256').update(bytes).digest());
  return [
    ascii,
    raw,
    Buffer.from(ascii.toString('hex')),
    Buffer.from(text.toUpperCase()),
    Buffer.from(percent),
    ...base64.map((part) => Buffer.from(part)),
    ...digests,
    ...digests.map((digest) => Buffer.from(digest.toString('hex'))),
    ...digests.map((digest) => Buffer.from(digest.toString('base64url'))),
  ];
}

/** Names of the canaries that a sink contains, in any encoding, also inside gzip. */
export function found(sink: Buffer, canaries: readonly Canary[]): string[] {
  const bytes = Buffer.concat([sink, ...unzipped(sink)]);
  return canaries.filter((one) => forms(one).some((form) => bytes.includes(form))).map(({ name }) => name);
}

function unzipped(sink: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = sink.indexOf(GZIP); at >= 0; at = sink.indexOf(GZIP, at + 1)) {
    try {
      parts.push(gunzipSync(sink.subarray(at)));
    } catch {
      // not gzip after all
    }
  }
  return parts;
}
