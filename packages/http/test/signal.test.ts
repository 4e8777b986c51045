import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { firstOf } from '../src/index.ts';

test('firstOf: aborts with the reason of the first signal, also of one that has aborted before', () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const either = firstOf(first.signal, second.signal);
  expect(either.aborted).toBe(false);
  second.abort('second');
  first.abort('first');
  expect(either.reason).toBe('second');
  expect(firstOf(new AbortController().signal, first.signal).reason).toBe('first');
});

test('N36 the deadline of a stream survives a garbage collection', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const aborted = new Promise<string>((resolve) => {
    const signal = firstOf(AbortSignal.timeout(100), new AbortController().signal);
    signal.addEventListener('abort', () => resolve('aborted'));
  });
  const timer = setInterval(collect, 10);
  expect(await Promise.race([aborted, new Promise((resolve) => setTimeout(resolve, 20_000))])).toBe(
    'aborted',
  );
  clearInterval(timer);
});

test('N36 no product code uses AbortSignal.any, whose sources Node 20 may collect', () => {
  const root = path.resolve(import.meta.dirname, '../../..');
  const files = globSync('{packages,services}/*/src/**/*.ts', { cwd: root });
  expect(files.length).toBeGreaterThan(100);
  const using = files.filter((file) =>
    /AbortSignal\.any\(/.test(readFileSync(path.join(root, file), 'utf8')),
  );
  expect(using).toEqual([]);
});
