import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { messages } from './support/messages.ts';

/**
 * One line per message: party, message, its cause, and the remedy; `=` if the message (or the advice of a
 * client error) contains it.
 */
const rows = readFileSync(path.join(import.meta.dirname, 'messages.tsv'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t'));

const key = (party: string, text: string): string => `${party}: ${text}`;

describe('N47 every message that a person can meet', () => {
  const inCode = messages.map(({ party, text }) => key(party, text));
  const listed = rows.map(([party = '', text = '']) => key(party, text));

  test('N47 messages.tsv: has every message of the product, and no other', () => {
    expect(inCode.length).toBeGreaterThan(100);
    expect(inCode.filter((message) => !listed.includes(message))).toEqual([]);
    expect(listed.filter((message) => !inCode.includes(message))).toEqual([]);
    expect(new Set(listed).size).toBe(listed.length);
  });

  test('N47 messages.tsv: gives every message a cause and a remedy', () => {
    const incomplete = rows.filter(
      ([, , cause = '', remedy = '', ...more]) => cause.length < 8 || remedy === '' || more.length > 0,
    );
    expect(incomplete).toEqual([]);
  });

  test('N47 messages: a remedy that the message is said to contain is a sentence of it', () => {
    const says = rows.filter(([party, , , remedy]) => remedy === '=' && party !== 'client');
    const sentences = ([, text = '']: string[]): number => text.split(/(?<=[.!?]) /).length;
    const imperative = /\b(Try|Choose|Use|Allow|Check|Sign|Set|Start|Stop|Please|Name|Wait)\b/;
    expect(says.filter((row) => sentences(row) < 2 || !imperative.test(row[1] ?? ''))).toEqual([]);
  });

  test('N47 messages: none is a bare name or code', () => {
    expect(rows.filter(([, text = '']) => text.split(' ').length < 3)).toEqual([]);
  });
});
