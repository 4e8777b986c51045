import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { move } from '../src/grid.ts';

// 0 1 2 3
// 4 5 6 7
// 8 9
const shape = { count: 10, columns: 4, pageRows: 2, rtl: false };

describe('move: in a grid of four columns and ten cells', () => {
  test.each([
    ['ArrowRight', 3, 4],
    ['ArrowRight', 9, 9],
    ['ArrowLeft', 4, 3],
    ['ArrowLeft', 0, 0],
    ['ArrowDown', 1, 5],
    ['ArrowDown', 7, 9],
    ['ArrowDown', 8, 8],
    ['ArrowUp', 9, 5],
    ['ArrowUp', 2, -1],
    ['Home', 6, 4],
    ['End', 5, 7],
    ['End', 8, 9],
    ['PageDown', 0, 8],
    ['PageDown', 3, 9],
    ['PageDown', 5, 9],
    ['PageUp', 9, 1],
    ['PageUp', 6, 2],
    ['Enter', 3, null],
    ['Tab', 3, null],
  ])('%s at cell %i moves to %s', (key, from, to) => {
    expect(move(key, from, shape)).toBe(to);
  });

  test.each([
    ['Home', 6, 0],
    ['End', 1, 9],
  ])('Control+%s at cell %i moves to %i', (key, from, to) => {
    expect(move(key, from, shape, true)).toBe(to);
  });

  test('the arrow keys follow the screen in a right-to-left grid', () => {
    expect(move('ArrowLeft', 3, { ...shape, rtl: true })).toBe(4);
    expect(move('ArrowRight', 4, { ...shape, rtl: true })).toBe(3);
  });
});

test('move: never leaves the grid, except upwards to the search box', () => {
  const key = fc.constantFrom(
    'ArrowRight',
    'ArrowLeft',
    'ArrowUp',
    'ArrowDown',
    'Home',
    'End',
    'PageUp',
    'PageDown',
  );
  const shapes = fc.record({
    count: fc.integer({ min: 1, max: 200 }),
    columns: fc.integer({ min: 1, max: 12 }),
    pageRows: fc.integer({ min: 1, max: 9 }),
    rtl: fc.boolean(),
  });
  fc.assert(
    fc.property(key, shapes, fc.nat(), fc.boolean(), (k, s, at, ctrl) => {
      const to = move(k, at % s.count, s, ctrl);
      expect(to).not.toBeNull();
      expect(to).toBeGreaterThanOrEqual(k === 'ArrowUp' ? -1 : 0);
      expect(to).toBeLessThan(s.count);
    }),
  );
});
