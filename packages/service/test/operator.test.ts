import { HttpError } from '@sotto/http';
import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { Variables } from '../src/config/index.ts';
import { operatorOnly, readOperatorTokens, type OperatorAct, type OperatorRole } from '../src/operator.ts';

const ALL = 'token-for-every-role';
const OLD = 'token-for-every-role-before';
const METRICS = 'token-for-metrics';
const KEYS = 'token-for-keys-only';
const SUPPORT = 'token-for-support';

const read = (environment: Record<string, string>) =>
  readOperatorTokens(new Variables(environment, { service: 'gateway', platform: 'workers' }));

/** The status of each role's route for a token. */
async function admitted(environment: Record<string, string>, token: string | null): Promise<OperatorRole[]> {
  const tokens = read(environment);
  const app = new Hono();
  const roles = ['metrics', 'support', 'keys'] as const;
  for (const role of roles) app.get(`/${role}`, operatorOnly(tokens, role), (c) => c.body(null, 204));
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const statuses = await Promise.all(
    roles.map(async (role) => [role, (await app.request(`/${role}`, { headers })).status] as const),
  );
  expect(statuses.every(([, status]) => status === 204 || status === 404)).toBe(true);
  return statuses.filter(([, status]) => status === 204).map(([role]) => role);
}

test('N63 OPERATOR_TOKEN admits to every role, a token of one role to that one, and no token to none', async () => {
  const environment = {
    OPERATOR_TOKEN: ALL,
    OPERATOR_METRICS_TOKEN: METRICS,
    OPERATOR_SUPPORT_TOKEN: SUPPORT,
    OPERATOR_KEYS_TOKEN: KEYS,
  };
  expect(await admitted(environment, ALL)).toEqual(['metrics', 'support', 'keys']);
  expect(await admitted(environment, METRICS)).toEqual(['metrics']);
  expect(await admitted(environment, SUPPORT)).toEqual(['support']);
  expect(await admitted(environment, KEYS)).toEqual(['keys']);
  for (const wrong of [null, OLD, `${ALL}x`, ALL.slice(1)])
    expect(await admitted(environment, wrong)).toEqual([]);
});

test('N63 both tokens are valid during a change, and the old one is not after it', async () => {
  for (const OPERATOR_TOKEN of [`${ALL} ${OLD}`, `${ALL}\n${OLD}\n`]) {
    expect(await admitted({ OPERATOR_TOKEN }, ALL)).toHaveLength(3);
    expect(await admitted({ OPERATOR_TOKEN }, OLD)).toHaveLength(3);
  }
  expect(await admitted({ OPERATOR_TOKEN: ALL }, OLD)).toEqual([]);
  expect(() => read({ OPERATOR_TOKEN: `${ALL} ${OLD} ${KEYS}` })).toThrow(
    'OPERATOR_TOKEN: must be one token, or two',
  );
});

test('N63 an act that cannot be recorded is not done', async () => {
  const tokens = read({ OPERATOR_TOKEN: ALL });
  const done: string[] = [];
  const log = (record: () => Promise<void>) => ({ now: () => 7, log: { record, list: async () => [] } });
  const status = async (record: () => Promise<void>): Promise<number> => {
    const app = new Hono();
    app.use('/operator/*', operatorOnly(tokens, 'keys', log(record)));
    app.post('/operator/retire', (c) => {
      done.push('retired');
      return c.body(null, 204);
    });
    app.onError(
      (error) => new Response(null, { status: error instanceof HttpError ? error.problem.status : 500 }),
    );
    const headers = { authorization: `Bearer ${ALL}` };
    return (await app.request('/operator/retire', { method: 'POST', headers })).status;
  };
  expect(await status(() => Promise.reject(new Error('disk full')))).toBe(503);
  expect(done).toEqual([]);
  expect(await status(() => Promise.resolve())).toBe(204);
  expect(done).toEqual(['retired']);
});

test('N63 the log distinguishes the two tokens of a change, and stores neither', async () => {
  const acts: OperatorAct[] = [];
  const log = { record: async (act: OperatorAct) => void acts.push(act), list: async () => acts };
  const app = new Hono();
  app.get(
    '/x/:id',
    operatorOnly(read({ OPERATOR_TOKEN: `${ALL} ${OLD}` }), 'support', { log, now: () => 7 }),
    (c) => c.body(null),
  );
  for (const token of [ALL, OLD, ALL])
    await app.request('/x/alice', { headers: { authorization: `Bearer ${token}` } });
  const [first, second, third] = acts;
  expect(first).toEqual(third);
  expect(first?.token).not.toBe(second?.token);
  expect(first).toMatchObject({ at: 7, role: 'support', action: 'GET /x/:id' });
});

test('N63 roles may have tokens without OPERATOR_TOKEN, but each role has one', async () => {
  const each = {
    OPERATOR_METRICS_TOKEN: METRICS,
    OPERATOR_SUPPORT_TOKEN: SUPPORT,
    OPERATOR_KEYS_TOKEN: KEYS,
  };
  expect(await admitted(each, KEYS)).toEqual(['keys']);
  expect(() => read({ ...each, OPERATOR_KEYS_TOKEN: '' })).toThrow('OPERATOR_TOKEN: is missing');
  expect(() => read({ ...each, OPERATOR_KEYS_TOKEN: 'short' })).toThrow(
    'OPERATOR_KEYS_TOKEN: must be 16 to 512',
  );
  for (const name of Object.keys(each)) {
    expect(() => read({ OPERATOR_TOKEN: ALL, [name]: ALL })).toThrow(`${name}: must differ`);
  }
});
