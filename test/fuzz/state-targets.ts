import { createSearch, SearchError, type CatalogueFiles } from '@sotto/sticker-search';
import {
  checksum,
  encodeArchive,
  encodeLanguage,
  encodeMeaning,
  encodeRelated,
  KEYWORD,
  NAME,
  openArchive,
} from '@sotto/sticker-search/format';
import { decodeStickerPage, encodeStickerPage } from '@sotto/sticker-search/response';
import { concat, equalBytes, fromHex, utf8, type Bytes } from '@sotto/wire';
import { run as runCommand } from '../../packages/cli/src/run.ts';
import type { Io } from '../../packages/cli/src/io.ts';
import {
  decodeState,
  emptyState,
  encodeState,
  UnreadableWalletError,
} from '../../packages/client/src/wallet/state.ts';
import type { Target } from './run.ts';

const searchCode = (error: unknown): string | null => (error instanceof SearchError ? error.code : null);

const STICKERS = utf8(
  JSON.stringify({
    format: 2,
    packs: [{ id: 'p', name: 'P', licence: 'MIT', attribution: 'x' }],
    types: ['image/svg+xml'],
    stickers: [
      ['p/cat', '😺', 0, 200, 0, 0, 10],
      ['p/dog', '🐶', 0, 100, 0, 10, 10],
      ['p/wave', '👋🏽', 0, 50, 0, 20, 10],
    ],
    emoticons: { ':)': 0 },
  }),
);
const ENGLISH = encodeLanguage({
  tag: 'en',
  stickers: 3,
  entries: [
    { sticker: 0, phrase: 'happy cat', kind: NAME },
    { sticker: 0, phrase: 'grin', kind: KEYWORD },
    { sticker: 1, phrase: 'dog face', kind: NAME },
    { sticker: 1, phrase: 'puppy', kind: KEYWORD },
    { sticker: 2, phrase: 'waving hand', kind: NAME },
    { sticker: 2, phrase: 'goodbye', kind: KEYWORD },
  ],
  variants: new Map([['en-GB', [{ sticker: 1, phrase: 'doggy' }]]]),
}) as Bytes;

/** An index that claims 2^31 - 1 phrases: after magic, checksum, the tag (3 bytes) and the number of stickers. */
const OVERSTATED = concat(ENGLISH.subarray(0, 12), fromHex('ffffffff07'), ENGLISH.subarray(13));

/** A forged index has a correct checksum, which its builder computes. */
function withChecksum(bytes: Bytes): Bytes {
  const forged = bytes.slice();
  if (forged.length >= 8) new DataView(forged.buffer).setUint32(4, checksum(forged, 8), true);
  return forged;
}

const FILES: CatalogueFiles = {
  stickers: STICKERS,
  indexes: { en: ENGLISH },
  meanings: {
    en: encodeMeaning(
      'en',
      3,
      new Map([
        ['joyful', [0, 2]],
        ['pet', [1, 0]],
      ]),
    ),
  },
  related: encodeRelated([[1, 2], [0], []]),
};

/** Opens a catalogue and searches it in the ways that read different parts of its files. */
function searchAll(files: CatalogueFiles): string {
  const search = createSearch(files);
  const queries = ['happy cat', 'hapy', 'd', '', '👋', 'joyful', 'dog zzz', 'joyfull pet'];
  return queries.map((query) => search.search(query, { locale: 'en', limit: 3 }).length).join(' ');
}

const catalogueFile = (
  name: string,
  seeds: readonly Bytes[],
  filesOf: (bytes: Bytes) => CatalogueFiles,
): Target => ({
  name,
  seeds,
  run: (bytes) => searchAll(filesOf(bytes)),
  codeOf: searchCode,
  mayAllocate: () => 2 ** 20, // an open search has tables of its own
});

const catalogue: readonly Target[] = [
  catalogueFile('catalogue index', [ENGLISH, OVERSTATED], (bytes) => ({
    ...FILES,
    indexes: { en: withChecksum(bytes) },
  })),
  catalogueFile('catalogue meanings', [FILES.meanings?.['en'] as Bytes], (bytes) => ({
    ...FILES,
    meanings: { en: withChecksum(bytes) },
  })),
  catalogueFile('catalogue related stickers', [FILES.related as Bytes], (bytes) => ({
    ...FILES,
    related: withChecksum(bytes),
  })),
  catalogueFile('catalogue table', [STICKERS], (bytes) => ({ ...FILES, stickers: bytes })),
  {
    name: 'catalogue archive',
    seeds: [
      encodeArchive(
        new Map([
          ['a.bin', ENGLISH],
          ['b.json', STICKERS],
        ]),
      ) as Bytes,
    ],
    run: (bytes) => `${Object.keys(openArchive(bytes)).length}`,
    codeOf: searchCode,
  },
];

const token = { service: 'stickers', epoch: 86_400, issuedAt: 90_000, token: new Uint8Array(162) };
const wallet: Target = {
  name: 'wallet state',
  seeds: [
    encodeState(emptyState()),
    ...['null', '[]', '{"version":3}', '{"$bytes":"AAAA"}'].map(utf8),
    encodeState({
      ...emptyState(),
      tokens: [token],
      bundle: { signed: new Uint8Array(90), pins: 'x' },
      sequence: 5,
    }),
  ],
  run(bytes) {
    const state = decodeState(bytes);
    // The fields that the client reads first. A state without them must have been refused.
    for (const { token: stored } of [...state.tokens, ...state.pending]) stored.slice();
    for (const { seed } of Object.values(state.batches)) seed.slice();
    state.bundle?.signed.slice();
    encodeState(state);
  },
  codeOf(error) {
    if (error instanceof UnreadableWalletError) return 'unreadable';
    return (error as Error).message === 'the wallet belongs to a later version of the client'
      ? 'later-version'
      : null;
  },
};

/** The platform of a command, without a network and with an empty folder. */
const IO: Io = {
  out: () => {},
  write: () => {},
  progress: () => {},
  input: async () => new Uint8Array(0),
  colors: false,
  err: () => {},
  fetch: () => Promise.reject(new TypeError('no network')),
  env: { SOTTO_WALLET: '/nonexistent/wallet', HOME: '/nonexistent' },
  cwd: '/nonexistent',
  columns: null,
};
class UsageStatus extends Error {}

const commandLine: Target = {
  name: 'command line',
  seeds: [
    'search\0happy cat\0--locale\0en\0--limit\x005',
    'search\0--relay=https://r.example\0--issuer=https://i.example\0--root=AAAA\0--wallet\0/nonexistent/w\0--\0-cat',
    'explain\0cat\0--json',
    'keys\0show\0https://g.example',
    'quota\0--account-token\0x',
    'bundle\0verify\0--help',
    'probe\0https://r.example',
    'root\0--help',
    '--help',
  ].map(utf8),
  async run(bytes) {
    const argv = new TextDecoder().decode(bytes).split('\0');
    const status = await runCommand(argv, IO);
    if (status !== 0) throw new UsageStatus(`status ${status}`);
  },
  codeOf: (error) => (error instanceof UsageStatus ? error.message : null),
  mayAllocate: () => 2 ** 22, // keys and HPKE of a client
};

const stickerPage: Target = {
  name: 'sticker page',
  seeds: [
    encodeStickerPage({ page: utf8('{"results":[],"next":null}'), images: [] }),
    encodeStickerPage({
      page: utf8('{"results":[{"id":"1","art":{"type":"image/webp"}},{"id":"2"}],"strict":1,"next":"1.a"}'),
      images: [Uint8Array.of(82, 73, 70, 70), new Uint8Array(300)],
    }),
  ],
  run(bytes) {
    const { page, images } = decodeStickerPage(bytes);
    if (!equalBytes(encodeStickerPage({ page, images }), bytes)) throw new Error('does not round-trip');
    return `${page.length > 0} ${images.length}`;
  },
  codeOf: searchCode,
};

/** The catalogue's files, a page of stickers, a wallet's stored state, and the arguments of the command. */
export const stateTargets: readonly Target[] = [...catalogue, stickerPage, wallet, commandLine];
