import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ClientError, type ClientErrorCode, type ClientOptions } from '../src/index.ts';
import { MESSAGES } from '../src/error.ts';
import { World } from './support/world.ts';

const codes = Object.keys(MESSAGES) as ClientErrorCode[];

describe('N47 messages of the client', () => {
  test('every message is in the list of reviewed messages', async () => {
    const lines = codes.map((code) => {
      const { message, advice } = new ClientError(code);
      return `${code}: ${message} | ${advice}`;
    });
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('fixtures/messages.txt');
  });

  test.each(codes)('%s: a sentence of what happened and a sentence of what to do', (code) => {
    const { message, advice } = new ClientError(code);
    for (const text of [message, advice]) expect(text).toMatch(/^[A-Z][^<>{}]{10,}\.$/);
  });

  test('the README has a remedy for every code', async () => {
    const readme = await readFile(path.join(import.meta.dirname, '../README.md'), 'utf8');
    const table = readme.slice(readme.indexOf('| code |'), readme.indexOf('The client sends nothing again'));
    expect(codes.filter((code) => !table.includes(`\`${code}\``))).toEqual([]);
  });
});

describe('N47 options of the client', () => {
  test.each<[Record<string, unknown>, string]>([
    [{ relay: 'relay.example' }, 'Option relay must be an https URL'],
    [{ relay: undefined }, 'Option relay must be an https URL'],
    [{ issuer: 'http://issuer.example' }, 'Option issuer must be an https URL'],
    [{ root: 'AAAA' }, 'Option root must be an Ed25519 public key'],
    [{ root: '%' }, 'Option root must be an Ed25519 public key'],
    [{ root: [] }, 'Option root must name at least one key'],
    [{ root: undefined }, 'Option root must name at least one key'],
    [{ batches: 0 }, 'Option batches must be a whole number from 1 to 100'],
    [{ epochSeconds: 0.5 }, 'Option epochSeconds must be a whole number of at least 1'],
    [{ restSeconds: -1 }, 'Option restSeconds must be a number of seconds'],
    [{ keyDelaySeconds: Number.NaN }, 'Option keyDelaySeconds must be a number of seconds'],
    [{ mirrors: { urls: ['ftp://mirror.example'] } }, 'Option mirrors.urls must be an https URL'],
    [
      { mirrors: { urls: ['https://mirror.example'], agree: 3 } },
      'Option mirrors.agree must be a whole number from 1 to 2',
    ],
  ])('%j: config, with the option and its rule', async (options, message) => {
    const world = await World.create();
    expect(() => world.client(options as Partial<ClientOptions>)).toThrow(message);
  });

  test('the value is not quoted: it could be a secret in the wrong place', async () => {
    const world = await World.create();
    expect(() => world.client({ relay: 'secret-canary' })).toThrow(/^(?!.*canary)/);
  });
});
