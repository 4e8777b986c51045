import { describe, expect, test } from 'vitest';
import { ConfigError, ConfigValue, refuseDuplicates, Variables } from '../src/config/index.ts';

const value = (raw: unknown): ConfigValue => new ConfigValue('SERVICES', raw);

const reading = (environment: Record<string, unknown>, files: Record<string, string> = {}): Variables =>
  new Variables(environment, {
    service: 'gateway',
    platform: 'node',
    readFile: (path) => {
      const content = files[path];
      if (content === undefined) throw new Error('ENOENT');
      return content;
    },
  });

describe('a configuration value', () => {
  test('names the member, the range and the unit of a wrong number', () => {
    const rows = value('[{}, {"timeoutMs": "soon"}]').json().list();
    expect(() =>
      rows[1]?.member('timeoutMs').wholeNumber({ min: 1, max: 60_000, unit: 'milliseconds' }),
    ).toThrow(
      new ConfigError('SERVICES[1].timeoutMs', 'must be a whole number from 1 to 60000 (milliseconds)'),
    );
  });

  test('is a whole number within the range, in JSON as a number and in a variable as decimal digits', () => {
    const range = { min: 1, max: 10 };
    expect([value(10).wholeNumber(range), value('1').digits().wholeNumber(range)]).toEqual([10, 1]);
    for (const raw of [0, 11, 1.5, '', ' 1', '1e0', '0x1', -1, null, undefined, [1], true, Number.NaN]) {
      expect(() => value(raw).digits().wholeNumber(range)).toThrow(ConfigError);
    }
    expect(() => value('1').wholeNumber(range)).toThrow(ConfigError);
  });

  test('never quotes the value, not even of JSON that does not parse', () => {
    const secret = '{"token": "s3cret-s3cret-s3cret"';
    const messages = [
      () => value(secret).json(),
      () => value(secret).wholeNumber({ min: 0, max: 1 }),
      () => value(secret).credential(),
      () => value(secret).key(),
      () => value(secret).url(),
      () => value(secret).boolean(),
      () => value(secret).list(),
      () => value(secret).entries(),
      () => value(secret).matching(/^$/, 'must be empty'),
    ].map((read) => {
      try {
        read();
        return 'accepted';
      } catch (error) {
        return `${String(error)} ${String((error as Error).cause)}`;
      }
    });
    expect(messages).toHaveLength(9);
    for (const message of messages) {
      expect(message).toMatch(/^ConfigError: SERVICES: must be|^ConfigError: SERVICES: 16 to 512/);
      expect(message).not.toContain('s3cret');
    }
  });

  test('reads only own members, and quotes a name that is not an identifier', () => {
    const object = value('{"/name": 5}').json();
    expect(object.member('constructor').isMissing).toBe(true);
    expect(object.entries().map(([, { path }]) => path)).toEqual(['SERVICES["/name"]']);
  });

  test('a key is 32 bytes that are not all alike', () => {
    expect(value('AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8').key()).toHaveLength(32);
    for (const raw of ['A'.repeat(43), 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg', '?', undefined]) {
      expect(() => value(raw).key()).toThrow('32 random bytes');
    }
  });

  test('a duplicate names the place of the first', () => {
    const names = value(['a', 'b', 'a']).list();
    expect(() => refuseDuplicates(names)).toThrow('SERVICES[2]: must differ from SERVICES[0]');
    refuseDuplicates(names.slice(0, 2));
  });
});

describe('variables', () => {
  test('variables have the default of their service, and their range', () => {
    expect(reading({}).number('PORT')).toBe(8802);
    expect(reading({ PORT: '80' }).number('PORT')).toBe(80);
    expect(() => reading({ PORT: '65536' }).number('PORT')).toThrow(
      'PORT: must be a whole number from 0 to 65535',
    );
  });

  test('a missing variable is reported with its purpose', () => {
    expect(() => reading({}).credential('RELAY_TOKEN')).toThrow(
      'RELAY_TOKEN: is missing. Set RELAY_TOKEN (or RELAY_TOKEN_FILE, a path): Bearer token that the relay must send; two, separated by a space, during a change.',
    );
  });

  test('a flag is true, 1, false or nothing', () => {
    const on = (LOCAL?: string): boolean => reading({ LOCAL }).flag('LOCAL');
    expect([on('true'), on('1'), on('false'), on(''), on()]).toEqual([true, true, false, false, false]);
    expect(() => on('yes')).toThrow('LOCAL: must be true or false');
  });

  const token = 'a-token-of-the-relay';
  test('N81 a secret or JSON comes from the file that NAME_FILE names, without the last line end', () => {
    for (const content of [token, `${token}\n`, `${token}\r\n`]) {
      const variables = reading({ RELAY_TOKEN_FILE: '/run/token' }, { '/run/token': content });
      expect(variables.credential('RELAY_TOKEN')).toBe(token);
    }
    const file = reading({ SERVICES_FILE: 's.json' }, { 's.json': '[{}]\n' });
    expect(file.json('SERVICES').list()).toHaveLength(1);
  });

  test('N81 an empty file stands for an optional variable that is not set', () => {
    const variables = reading({ KEY_WRAPPING_KEY_PREVIOUS_FILE: 'f' }, { f: '\n' });
    expect(variables.has('KEY_WRAPPING_KEY_PREVIOUS')).toBe(false);
    const missing = reading({ KEY_WRAPPING_KEY_PREVIOUS_FILE: 'missing' });
    expect(() => missing.has('KEY_WRAPPING_KEY_PREVIOUS')).toThrow('must be the path of a file');
  });

  test('N81 a file that is missing, empty or beside its variable is refused by name', () => {
    const both = { RELAY_TOKEN: token, RELAY_TOKEN_FILE: 'f' };
    expect(() => reading(both, { f: token }).credential('RELAY_TOKEN')).toThrow(
      'RELAY_TOKEN_FILE: is set together with RELAY_TOKEN',
    );
    const named = reading({ RELAY_TOKEN_FILE: 'missing' });
    expect(() => named.credential('RELAY_TOKEN')).toThrow('RELAY_TOKEN_FILE: must be the path of a file');
    const empty = reading({ RELAY_TOKEN_FILE: 'f' }, { f: '\n' });
    expect(() => empty.credential('RELAY_TOKEN')).toThrow('RELAY_TOKEN_FILE: must be the path of a file');
    expect(reading({ PORT_FILE: 'f' }, { f: '1' }).number('PORT')).toBe(8802);
  });
});
