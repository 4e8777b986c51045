import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** A member of an interface or a class, with the text of its docstring or of the comment at its end. */
export interface Member {
  readonly name: string;
  readonly optional: boolean;
  readonly type: string;
  readonly about: string;
}

/** The text of a source file. */
export const sourceText = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** The text between the braces of a declaration. */
function bodyOf(file: string, declaration: string): string {
  const text = sourceText(file);
  const start = text.search(new RegExp(`^export (?:interface|class) ${declaration}\\b`, 'm'));
  if (start < 0) throw new Error(`${file} declares no ${declaration}`);
  return text.slice(start, text.indexOf('\n}', start));
}

/** A docstring in one line, without its marks. */
const plain = (docstring: string): string =>
  docstring
    .replaceAll(/\/\*\*|\*\/|\n\s*\*(?!\/)/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .replace(/ ?\(privacy [^)]*\)/, '')
    .trim();

/** The members of an interface, in their order. */
export function membersOf(file: string, declaration: string): Member[] {
  const member =
    /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s+)?^ {2}(?:readonly )?'?([\w-]+)'?(\?)?(: (?:[^;{}]|\{[^}]*\})+|\((?:[^;{}]|\{[^}]*\})+);(?: \/\/ (.*))?$/gm;
  return Array.from(
    bodyOf(file, declaration).matchAll(member),
    ([, docstring = '', name = '', mark, type = '', end]) => ({
      name,
      optional: mark === '?',
      type: type.replace(/^: /, '').replaceAll(/\s+/g, ' '),
      about: docstring === '' ? (end ?? '') : plain(docstring),
    }),
  );
}

/** The accessors of a class that can be set, in their order. */
export function propertiesOf(file: string, declaration: string): Pick<Member, 'name' | 'about'>[] {
  const body = bodyOf(file, declaration);
  const getter = /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s+)?^ {2}get (\w+)\(/gm;
  return Array.from(body.matchAll(getter), ([, docstring = '', name = '']) => ({
    name,
    about: plain(docstring),
  })).filter(({ name }) => body.includes(`  set ${name}(`));
}

/** The codes of a union of string literals: those between the class or type of this name and the end of its declaration. */
export function codesOf(file: string, declaration: string): string[] {
  const text = sourceText(file);
  const base = declaration.replace(/Error$/, '');
  const start = text.search(
    new RegExp(`^export (?:type ${base}ErrorCode =|class ${declaration} extends ProtocolError<)`, 'm'),
  );
  if (start < 0) throw new Error(`${file} declares no codes of ${declaration}`);
  const union = text.slice(start, start + text.slice(start).search(/> \{|;\n/)).replaceAll(/\/\/.*$/gm, '');
  return Array.from(union.matchAll(/'([\w-]+)'/g), ([, code = '']) => code);
}
