import { expect, test } from 'vitest';
import { AccountLimiter } from '../src/account-limiter.ts';
import { random } from './support/wallet.ts';
import { START } from './support/world.ts';

function limiter(): { clock: { now: number }; enter: (account?: Uint8Array) => () => void } {
  const clock = { now: START };
  const accounts = new AccountLimiter(() => clock.now);
  const ada = random(32);
  return { clock, enter: (account = ada) => accounts.enter(account as typeof ada) };
}
const refusal = { code: 'unavailable', reason: 'account' };

test('N54 account limiter: refuses a fifth request in progress, and admits one when another ends', () => {
  const { enter } = limiter();
  const [leave] = Array.from({ length: 4 }, () => enter());
  expect(() => enter()).toThrow(expect.objectContaining({ ...refusal, retryAfter: '2' }));
  expect(() => enter(random(32))).not.toThrow();
  leave?.();
  leave?.(); // ends it once
  expect(() => enter()).not.toThrow();
  expect(() => enter()).toThrow(expect.objectContaining(refusal));
});

test('N54 account limiter: a cancelled request holds its place for a minute at most', () => {
  const { clock, enter } = limiter();
  for (let i = 0; i < 4; i++) enter();
  clock.now += 59;
  expect(() => enter()).toThrow(expect.objectContaining(refusal));
  clock.now += 1;
  expect(() => enter()).not.toThrow();
});

test('N54 account limiter: admits 120 requests at once, then one a second, for each account', () => {
  const { clock, enter } = limiter();
  for (let i = 0; i < 120; i++) enter()();
  expect(() => enter()).toThrow(expect.objectContaining({ ...refusal, retryAfter: '60' }));
  expect(() => enter(random(32))).not.toThrow();
  clock.now += 3;
  for (let i = 0; i < 3; i++) enter()();
  expect(() => enter()).toThrow(expect.objectContaining(refusal));
  clock.now += 86_400;
  for (let i = 0; i < 120; i++) enter()();
  expect(() => enter()).toThrow(expect.objectContaining(refusal));
});

test('N54 N24 account limiter: a clock that is set back neither locks an account out nor frees it of the limit', () => {
  const { clock, enter } = limiter();
  clock.now += 86_400;
  for (let i = 0; i < 4; i++) enter();
  clock.now = START;
  for (let i = 0; i < 116; i++) enter()();
  expect(() => enter()).toThrow(expect.objectContaining(refusal));
  clock.now += 1;
  expect(() => enter()).not.toThrow();
});

test('N54 account limiter: stays bounded with many accounts, and forgets the idlest first', () => {
  const { enter } = limiter();
  const [first, busy] = [random(32), random(32)];
  for (let i = 0; i < 120; i++) {
    enter(first)();
    enter(busy)();
  }
  for (let round = 0; round < 16; round++) {
    for (let i = 0; i < 1024; i++) enter(random(32))();
    expect(() => enter(busy)).toThrow(expect.objectContaining(refusal));
  }
  expect(() => enter(busy)).toThrow(expect.objectContaining(refusal));
  expect(() => enter(first)).not.toThrow();
});
