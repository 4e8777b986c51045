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

/** The fenced blocks of the section with this title. */
export function sectionBlocks(document: string, section: string): Block[] {
  const parts = documentText(document).split(/^(?=## )/m);
  return blocksIn(document, parts.find((part) => part.startsWith(`## ${section}\n`)) ?? '');
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

/** The commands of a console block: a line after `$ `, with its continuations, less a comment at its end. */
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
