/**
 * An extended language subtag after its prefix, as in `zh-yue`: it is the language itself (RFC 5646, section 2.2.2).
 * `no-bok` and `no-nyn` of section 2.2.8 are Norwegian.
 */
const EXTENDED = /^(?!no-)[a-z]{2,3}-(?:[a-z]{3}-)*(?=[a-z]{3}(?:-|$))/i;

/** A tag whose first part is its language: `yue-HK` for `zh-yue-HK`. */
export const languageTag = (tag: string): string => tag.replace(EXTENDED, '');
