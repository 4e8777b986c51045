import { describe, expect, test } from 'vitest';
import type { HttpError } from '@sotto/http';
import { bodyOf, type Body } from '../src/body.ts';
import { Uploads } from '../src/uploads.ts';

/** A body whose pieces are 10 bytes each, and that sends its end only if `ends`. */
function arriving(pieces: number, declared: number | undefined, ends = false) {
  const state = {
    cancelled: false,
    deadlines: [] as number[],
    elapsedMs: 0,
    expire: new Map<number, () => void>(),
  };
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (let i = 0; i < pieces; i++) controller.enqueue(new Uint8Array(10).fill(i));
      if (ends) controller.close();
    },
    cancel: () => void (state.cancelled = true),
  });
  const elapsedMs = () => state.elapsedMs;
  const uploads = new Uploads({ maxBytes: 1000, maxUploads: 1 }, elapsedMs);
  const deadline = (ms: number): AbortSignal => {
    const controller = new AbortController();
    state.deadlines.push(ms);
    state.expire.set(ms, () => controller.abort());
    return controller.signal;
  };
  const body = bodyOf({ body: source }, { maxBytes: 100, declared }, { uploads, deadline, elapsedMs });
  return { state, body };
}

async function pull({ pull: next }: Body): Promise<string> {
  return next().then(
    (piece) => (piece === null ? 'end' : `${piece.length} bytes`),
    (error: unknown) => (error as HttpError).code,
  );
}

describe('the body of a request', () => {
  test('is complete at its declared length: its end is not waited for, and it is not cancelled', async () => {
    const { body, state } = arriving(2, 20);
    expect([await pull(body), await pull(body), await pull(body)]).toEqual(['10 bytes', '10 bytes', 'end']);
    body.release();
    expect(state.cancelled).toBe(false);
  });

  test.each([undefined, 21])('is read to its end without a length that it reaches (%s)', async (declared) => {
    const { body, state } = arriving(2, declared);
    await pull(body);
    await pull(body);
    const third = pull(body);
    state.expire.get(5000)?.();
    expect(await third).toBe('request-timeout');
    body.release();
    expect(state.cancelled).toBe(true);
    const ended = arriving(1, declared, true);
    expect([await pull(ended.body), await pull(ended.body)]).toEqual(['10 bytes', 'end']);
  });

  test('has 5 s for each piece, and from the second piece on what is left of 30 s', async () => {
    const { body, state } = arriving(2, undefined);
    await pull(body);
    expect(state.deadlines).toEqual([5000]);
    state.elapsedMs = 4000.5;
    await pull(body);
    expect(state.deadlines).toEqual([5000, 26_000, 5000]);
    const third = pull(body);
    state.expire.get(26_000)?.();
    expect(await third).toBe('request-timeout');
  });
});
