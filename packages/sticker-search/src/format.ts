/** What a catalogue's build needs: the encoder of an index, and the rules by which the engine reads text. */
export { openArchive, encodeArchive } from './archive.ts';
export { emojiKey } from './emoji.ts';
export { encodeIndex, encodeLanguage, type Entry, type LanguageSource } from './encode.ts';
export { HINT, KEYWORD, Language, NAME, VARIANT_NAME } from './language.ts';
export { languageOf } from './locale.ts';
export { checksum } from './reader.ts';
export type { Pack, StickersFile } from './table.ts';
