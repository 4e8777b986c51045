/** For the build of a catalogue: the encoder of an index, and the rules by which the engine reads text. */
export { openArchive, encodeArchive } from './archive.ts';
export { emojiKey } from './emoji.ts';
export { encodeLanguage, encodeMeaning, encodeRelated, type Entry, type LanguageSource } from './encode.ts';
export { HINT, KEYWORD, Language, NAME, VARIANT_NAME } from './language.ts';
export { LATIN, latinKey } from './latin.ts';
export { languageOf } from './locale.ts';
export { checksum } from './reader.ts';
export type { Pack, StickersFile } from './table.ts';
export { wordOf } from './tokens.ts';
