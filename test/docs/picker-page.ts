import { globSync } from 'node:fs';
import path from 'node:path';
import { membersOf, propertiesOf, sourceText } from './declarations.ts';
import { code, page, table } from './markdown.ts';

const picker = 'packages/picker/src';
const root = path.resolve(import.meta.dirname, '../..');

/** Members of the JSX type that are neither attributes nor events of the element. */
const isAttribute = ({ name, type }: { readonly name: string; readonly type: string }): boolean =>
  !name.startsWith('on') && name !== 'ref' && !type.startsWith('SottoStickers[');

const EVENTS = [
  ['sticker-select', 'StickerSelect'],
  ['sticker-results', 'StickerResults'],
] as const;

function parts(): string[] {
  const names = globSync(`${picker}/**/*.ts`, { cwd: root }).flatMap((file) =>
    Array.from(sourceText(file).matchAll(/\bpart: '([\w -]+)'/g), ([, name = '']) => name),
  );
  return [...new Set(names)].toSorted();
}

const customProperties = (): string[][] =>
  Array.from(
    sourceText(`${picker}/view/styles.ts`).matchAll(/var\((--sotto-[\w-]+),((?:[^()]|\([^()]*\))*)\)/g),
    (match) => [code(match[1] ?? ''), code(match[2] ?? '')],
  );

/** The page of all attributes, properties and events of the picker. */
export function pickerPage(): string {
  const attributes = membersOf(`${picker}/react.ts`, 'SottoStickersProps').filter(isAttribute);
  const details = EVENTS.flatMap(([event, type]) =>
    membersOf(`${picker}/types.ts`, type).map(({ name, type: of, about }) => [
      code(event),
      code(name),
      code(of),
      about,
    ]),
  );
  return page('Picker', 'Every attribute, property and event of `<sotto-stickers>`.', [
    '## Attributes',
    '',
    ...table(
      ['attribute', 'values', 'meaning'],
      attributes.map(({ name, type, about }) => [code(name), code(type), about]),
    ),
    '',
    '## Properties',
    '',
    ...table(
      ['property', 'meaning'],
      propertiesOf(`${picker}/element.ts`, 'SottoStickers').map(({ name, about }) => [code(name), about]),
    ),
    '',
    '## Events',
    '',
    'They bubble and leave shadow trees. `event.detail` has these members:',
    '',
    ...table(['event', 'member', 'type', 'meaning'], details),
    '',
    '## Parts',
    '',
    `For \`::part(…)\` in a style sheet: ${parts().map(code).join(', ')}.`,
    '',
    '## Custom properties',
    '',
    ...table(['property', 'default'], customProperties()),
  ]);
}
