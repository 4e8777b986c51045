import path from 'node:path';
import { withoutComments, type Source } from './sources.ts';

export interface Exported {
  readonly path: string;
  readonly line: number;
  readonly name: string;
  readonly kind: 'type' | 'value';
  readonly documented: boolean;
}

const DECLARATION =
  /^export (?:declare )?(?:default )?(?:async )?(function\*?|const|let|abstract class|class|interface|type) (\w+)/;

/** Every name that a file declares and exports, with whether a docstring stands before it. */
export function exportsOf({ path: file, text }: Source): Exported[] {
  const lines = text.split('\n');
  const code = withoutComments(text).split('\n');
  return code.flatMap((line, i) => {
    const [, keyword = '', name = ''] = DECLARATION.exec(line) ?? [];
    if (name === '') return [];
    const kind = /class|interface|type/.test(keyword) ? 'type' : 'value';
    const before = lines[i - 1] ?? '';
    return [{ path: file, line: i + 1, name, kind, documented: before.trimEnd().endsWith('*/') }];
  });
}

/**
 * The exports that a package publishes: what its entry files declare, and what they re-export from files of their own.
 *
 * @param entries - paths of the files that the `exports` of a package.json name
 */
export function publicExports(entries: readonly string[], files: ReadonlyMap<string, Source>): Exported[] {
  const found = new Map<string, Exported>();
  const visit = (file: string, wanted: ReadonlySet<string> | null): void => {
    const source = files.get(file);
    if (source === undefined) return;
    for (const one of exportsOf(source)) {
      if (wanted === null || wanted.has(one.name)) found.set(`${one.path} ${one.name}`, one);
    }
    const reexport = /^export (?:type )?(?:\{([^}]*)\}|\*) from '(\.[^']*)'/gm;
    for (const [, names, target = ''] of source.text.matchAll(reexport)) {
      visit(path.posix.join(path.posix.dirname(file), target), names === undefined ? null : namesIn(names));
    }
  };
  for (const entry of entries) visit(entry, null);
  return [...found.values()];
}

const namesIn = (list: string): Set<string> =>
  new Set(
    list
      .split(',')
      .map(
        (one) =>
          one
            .trim()
            .replace(/^type /, '')
            .split(' as ')[0] ?? '',
      )
      .filter((name) => name !== ''),
  );

/** The words of a name, in lower case: `tokenKeyId` is `token`, `key`, `id`. */
export const wordsOf = (name: string): string[] =>
  name
    .replaceAll(/([a-z\d])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .split(/[\s_]+/)
    .map((word) => word.toLowerCase());
