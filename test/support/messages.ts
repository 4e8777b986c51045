import { product, withoutComments, type Source } from './sources.ts';

/** A message that a person can meet, with `…` for what the code fills in. */
export interface Message {
  readonly party: 'configuration' | 'client' | 'picker' | 'page' | 'start';
  readonly text: string;
}

const LITERAL = /'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/;

/** The text of a literal, with `…` for every substitution, however many braces it has. */
function textOf(literal: string): string {
  const body = literal.slice(1, -1);
  let text = '';
  for (let at = 0; at < body.length; at++) {
    if (!literal.startsWith('`') || !body.startsWith('${', at)) {
      text += body[at];
      continue;
    }
    for (let depth = 1, from = at + 2; depth > 0 && from < body.length; from++) {
      if (body[from] === '{') depth++;
      if (body[from] === '}') depth--;
      at = from;
    }
    text += '…';
  }
  return text.replaceAll(/\\(['`])/g, '$1');
}

const literals = (code: string): string[] => code.match(new RegExp(LITERAL, 'g'))?.map(textOf) ?? [];

/** Literals of a call, up to the end of its statement. */
function literalsAfter(text: string, call: RegExp): string[] {
  return Array.from(text.matchAll(call), (match) => {
    const from = match.index + match[0].length;
    return literals(text.slice(from, text.indexOf(';', from)))[0] ?? '';
  }).filter((literal) => literal.includes(' '));
}

/** A clause that follows the name of a variable: `SERVICES[0].url: must be https`. */
const REMEDY = /^(must|is|has|names|beyond|works|another|does|cannot) [a-z0-9"]/;

/**
 * Keys of the picker's texts that name a problem: those of `OF_CODE`, and those of stickers that cannot be
 * loaded.
 */
const PROBLEMS = [
  ...new Set(
    Array.from(
      (product.find(({ path }) => path === 'packages/picker/src/problems.ts')?.text ?? '').matchAll(
        /: '(\w+)',$/gm,
      ),
      ([, key = '']) => key,
    ),
  ),
  'missing',
  'noImages',
  'notStored',
];

/** The entries with these keys of an object of texts. */
const linesOf = (code: string, keys: readonly string[]): string =>
  keys
    .map((key) => new RegExp(`^  ${key}:\\s*('(?:[^'\\\\\n]|\\\\.)*')`, 'm').exec(code)?.[1] ?? '')
    .join('\n');

function messagesOf({ path, home, text }: Source): Message[] {
  const code = withoutComments(text);
  const as = (party: Message['party'], texts: readonly string[]): Message[] =>
    texts.map((one) => ({ party, text: one }));
  if (path === 'services/local/src/start.ts') return as('start', literalsAfter(code, /\bstop\(/g));
  if (path === 'packages/client/src/error.ts') {
    const table = code.slice(code.indexOf('const MESSAGES'), code.indexOf('as const'));
    const sentences = literals(table).filter((one) => one.includes(' '));
    return as(
      'client',
      sentences.filter((_, i) => i % 2 === 0),
    ); // each is followed by its advice
  }
  if (path === 'packages/picker/src/strings/en.ts') return as('picker', literals(linesOf(code, PROBLEMS)));
  if (path === 'packages/picker/page/words/en.ts') {
    return as('page', literals(linesOf(code, ['partly', 'unknown', 'down'])));
  }
  if (home === 'packages/service' || home.startsWith('services/')) {
    return as(
      'configuration',
      literals(code).filter((one) => REMEDY.test(one)),
    );
  }
  return [];
}

/** Every message in product code, once each. */
export const messages: readonly Message[] = [
  ...new Map(
    product
      .filter(({ path }) => !path.includes('/variables/') && !path.includes('/catalogue/'))
      .flatMap(messagesOf)
      .map((message) => [`${message.party} ${message.text}`, message] as const),
  ).values(),
];
