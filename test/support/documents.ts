import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** A fenced block of a document. */
export interface Block {
  readonly document: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** A command of a `console` block, and the lines that it is shown to print. */
export interface Command {
  readonly line: number;
  readonly text: string;
  readonly output: readonly string[];
}

export const documentText = (document: string): string => readFileSync(path.join(root, document), 'utf8');

/** The fenced blocks of a document that name a language. */
export const blocksOf = (document: string): Block[] => blocksIn(document, documentText(document));

/** The parts of a text that begin with a heading of this level, and what is before the first. */
const partsOf = (text: string, level: '##' | '###'): string[] =>
  text.split(new RegExp(`^(?=${level} )`, 'm'));

/**
 * The fenced blocks of a document, or of the section with this title, that hold for a platform: on Workers those under
 * the heading "On Workers" if there is one, on Node all the others.
 */
export function platformBlocks(
  document: string,
  section: string | undefined,
  platform: 'Node' | 'Workers',
): Block[] {
  const sections = partsOf(documentText(document), '##');
  const [parts, heading] =
    section === undefined
      ? [sections, '## On Workers\n']
      : [
          partsOf(sections.find((part) => part.startsWith(`## ${section}\n`)) ?? '', '###'),
          '### On Workers\n',
        ];
  const own = parts.filter((part) => part.startsWith(heading));
  const common = parts.filter((part) => !part.startsWith(heading));
  const chosen = platform === 'Workers' && own.length > 0 ? own : common;
  return chosen.flatMap((part) => blocksIn(document, part));
}

function blocksIn(document: string, text: string): Block[] {
  return Array.from(
    text.matchAll(/^```([a-z]+)\n([\s\S]*?)^```$/gm),
    ({ index, 1: language = '', 2: body = '' }) => ({
      document,
      line: text.slice(0, index).split('\n').length,
      language,
      text: body,
    }),
  );
}

/**
 * The commands of a console block: a line after `$ `, with its continuations, without a comment at its end.
 */
export function commandsOf({ text, line }: Block): Command[] {
  const commands: { line: number; text: string; output: string[] }[] = [];
  let continues = false;
  for (const [i, written] of text.split('\n').entries()) {
    const last = commands.at(-1);
    if (written.startsWith('$ ')) commands.push({ line: line + 1 + i, text: written.slice(2), output: [] });
    else if (continues && last !== undefined) last.text += `\n${written}`;
    else if (written !== '') last?.output.push(written);
    continues = written.endsWith('\\');
  }
  return commands.map((command) => ({ ...command, text: command.text.replace(/\s+# .*$/, '') }));
}
