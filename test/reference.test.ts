import { readdirSync } from 'node:fs';
import path from 'node:path';
import { isCredential } from '@sotto/http';
import { Variables } from '@sotto/service/config';
import { VARIABLES, type Variable } from '@sotto/service/variables';
import { describe, expect, test } from 'vitest';
import { readConfig as readGateway } from '../services/gateway/src/config.ts';
import { readConfig as readRelay } from '../services/relay/src/config.ts';
import { codesOf, membersOf, sourceText } from './docs/declarations.ts';
import { ERROR_TEXTS } from './docs/error-texts.ts';
import { PAGES } from './docs/pages.ts';
import { documentText } from './support/documents.ts';
import { exampleOf } from './support/reference.ts';
import { product } from './support/sources.ts';

const pages = Object.entries(PAGES).map(([file, text]) => ({ file, text: text() }));

describe('N50 reference', () => {
  test.each(pages)(
    'N50 docs/reference/$file: is what `npm run reference` writes from the declarations',
    ({ file, text }) => {
      expect(documentText(`docs/reference/${file}`)).toBe(text);
    },
  );

  test('N50 docs/reference: every page in it is generated', () => {
    const folder = path.resolve(import.meta.dirname, '../docs/reference');
    expect(readdirSync(folder).toSorted()).toEqual(Object.keys(PAGES).toSorted());
  });

  test.each(pages)('docs/reference/$file: no cell of a table is empty', ({ text }) => {
    expect(text.split('\n').filter((line) => /^\|.*\|\s*\|/.test(line))).toEqual([]);
  });
});

function hasForm({ type, secret = false }: Variable, example: string): boolean {
  if (type === 'json' && !secret) return typeof JSON.parse(example) === 'object';
  if (type === 'key') return Buffer.from(example, 'base64url').length === 32;
  if (type === 'credential') return isCredential(example);
  return type !== 'path' || path.isAbsolute(example);
}

describe('reference of variables', () => {
  const declared = Object.entries(VARIABLES as Readonly<Record<string, Variable>>).flatMap(
    ([name, variable]) =>
      variable.services.map((service) => ({
        name,
        variable,
        service,
        example: exampleOf(name, variable, service),
      })),
  );

  test('every example has the form that its type wants', () => {
    const wrong = declared.filter(({ variable, example }) => !hasForm(variable, example));
    expect(wrong.map(({ name }) => name)).toEqual([]);
    expect(declared.length).toBeGreaterThan(90);
  });

  test('the relay and the gateway accept the examples of what they require', () => {
    const required = (service: string): Record<string, string> =>
      Object.fromEntries(
        declared
          .filter(({ variable, service: of }) => of === service && variable.platforms.includes('workers'))
          .filter(
            ({ variable }) =>
              variable.type !== 'flag' && variable.default === undefined && !variable.optional,
          )
          .map(({ name, example }) => [name, example]),
      );
    expect(
      readRelay(new Variables(required('relay'), { service: 'relay', platform: 'workers' })).gateways,
    ).toHaveLength(1);
    expect(
      readGateway(new Variables(required('gateway'), { service: 'gateway', platform: 'workers' })).services,
    ).toHaveLength(1);
  });
});

describe('reference of errors', () => {
  test.each(ERROR_TEXTS)(
    '%s: has a cause and a remedy for exactly the codes that %s declares',
    (name, file, texts) => {
      const codes = codesOf(file, name);
      expect(codes.length).toBeGreaterThan(0);
      expect(Object.keys(texts).toSorted()).toEqual(codes.toSorted());
    },
  );

  test('every class of errors with a code is on the page', () => {
    const text = PAGES['errors.md']?.() ?? '';
    const declaration =
      /^export class (\w+Error) extends (?:Error|ProtocolError)\b[^]*?^(?:\}|> \{\}|  '.*> \{\})/gm;
    const coded = product.flatMap(({ path: file, text: source }) =>
      Array.from(source.matchAll(declaration), ([body, name = '']) => ({ file, name, body })).filter(
        ({ body }) => /extends ProtocolError<|readonly code:/.test(body),
      ),
    );
    expect(coded.length).toBeGreaterThan(10);
    const viaProblems = new Set(['HttpError', 'InnerError']); // their codes are those of the table of problems
    const missing = coded.filter(({ name }) => !viaProblems.has(name) && !text.includes(`## ${name} of`));
    expect(missing.map(({ file, name }) => `${file} ${name}`)).toEqual([]);
  });
});

describe('reference of the declarations', () => {
  test('client: every option that the client checks is on the page', () => {
    const checked = membersOf('packages/client/src/options.ts', 'CheckedOptions').map(({ name }) => name);
    const derived = new Set(['bundleUrl', 'agree', 'pins']); // of relay, mirrors and root
    const text = PAGES['client.md']?.() ?? '';
    expect(checked.filter((name) => !derived.has(name) && !text.includes(`| \`${name}\``))).toEqual([]);
  });

  test('picker: every attribute that the element observes is on the page', () => {
    const [, list = ''] =
      /observedAttributes = \[(.*?)\]/.exec(sourceText('packages/picker/src/element.ts')) ?? [];
    const names = Array.from(list.matchAll(/'(\w+)'/g), ([, name = '']) => name);
    expect(names.length).toBeGreaterThan(3);
    const text = PAGES['picker.md']?.() ?? '';
    expect(names.filter((name) => !text.includes(`| \`${name}\` | \``))).toEqual([]);
  });

  test('command line: the exit statuses are those of its type', () => {
    const [, union = ''] = /export type Status = (.*);/.exec(sourceText('packages/cli/src/io.ts')) ?? [];
    const text = PAGES['cli.md']?.() ?? '';
    const listed = Array.from(
      text.slice(text.indexOf('## Exit statuses')).matchAll(/^\| (\d) \|/gm),
      ([, status = '']) => status,
    );
    expect(listed).toEqual(union.split(' | '));
  });
});
