import { concat, utf8, varint, type Bytes } from '@sotto/wire';

/** The length fields of a message, in order, by the name of what they measure. */
export type Varints = Readonly<Record<string, Bytes>>;

type Piece = Bytes | readonly [name: string, body: Bytes];

/** Joins pieces, and puts the length before each named body, or the value in `varints`. */
function join(varints: Varints, pieces: readonly Piece[]): Bytes {
  const flat = pieces.flatMap((piece) =>
    piece instanceof Uint8Array ? [piece] : [varints[piece[0]] ?? varint(piece[1].length), piece[1]],
  );
  return concat(...flat);
}

const END = varint(0);
const CONTENT = 'hello';

/** `POST https://a/b` with the field `c: d`, content and the trailer `e: f`, known length. */
export function knownLength(varints: Varints = {}): Bytes {
  const header = join(varints, [
    ['name', utf8('c')],
    ['value', utf8('d')],
  ]);
  const trailer = join({}, [
    ['name', utf8('e')],
    ['value', utf8('f')],
  ]);
  return join(varints, [
    varints['framing'] ?? varint(0),
    ['method', utf8('POST')],
    ['scheme', utf8('https')],
    ['authority', utf8('a')],
    ['path', utf8('/b')],
    ['header section', header],
    ['content', utf8(CONTENT)],
    ['trailer section', trailer],
  ]);
}

export const KNOWN_VARINTS = [
  'method',
  'scheme',
  'authority',
  'path',
  'header section',
  'name',
  'value',
  'content',
  'trailer section',
];

/** The same request, indeterminate length, its content in two chunks. */
export function indeterminateLength(varints: Varints = {}): Bytes {
  return join(varints, [
    varints['framing'] ?? varint(2),
    ['method', utf8('POST')],
    ['scheme', utf8('https')],
    ['authority', utf8('a')],
    ['path', utf8('/b')],
    ['name', utf8('c')],
    ['value', utf8('d')],
    varints['header end'] ?? END,
    ['chunk', utf8('hel')],
    ['second chunk', utf8('lo')],
    varints['content end'] ?? END,
    ['trailer name', utf8('e')],
    ['trailer value', utf8('f')],
    varints['trailer end'] ?? END,
  ]);
}

export const INDETERMINATE_VARINTS = [
  'method',
  'scheme',
  'authority',
  'path',
  'name',
  'value',
  'chunk',
  'second chunk',
  'trailer name',
  'trailer value',
];

/** The message that both encode. */
export const REQUEST = {
  method: 'POST',
  scheme: 'https',
  authority: 'a',
  path: '/b',
  fields: [['c', 'd']],
  content: utf8(CONTENT),
  trailers: [['e', 'f']],
} as const;
