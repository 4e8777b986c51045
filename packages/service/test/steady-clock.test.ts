import { expect, test } from 'vitest';
import { steadyClock } from '../src/steady-clock.ts';

const START = 1_800_000_000;

function clock(windowSeconds = 60): { machine: { now: number; at: number }; read: () => number } {
  const machine = { now: START, at: 5000 };
  const read = steadyClock({ now: () => machine.now, elapsed: () => machine.at, windowSeconds });
  return { machine, read };
}

test('steady clock: follows the machine while it runs evenly', () => {
  const { machine, read } = clock();
  for (let second = 0; second < 100_000; second += 977) {
    machine.now = START + second;
    machine.at = 5000 + second;
    expect(read()).toBe(START + second);
  }
});

test('steady clock: follows a clock that is adjusted slowly', () => {
  const { machine, read } = clock();
  for (let second = 0; second < 1000; second += 10) {
    machine.now = START + second + second / 10;
    machine.at = 5000 + second;
    expect(read()).toBe(machine.now);
  }
});

test.each([3 * 86_400, 3600, -3600, -30 * 86_400, 3])(
  'N24 N55 steady clock: a step of %i s that lasts less than the window moves nothing',
  (step) => {
    const { machine, read } = clock();
    for (let second = 0; second < 300; second++) {
      machine.now = START + second + (second >= 100 && second < 159 ? step : 0);
      machine.at = 5000 + second;
      expect(Math.abs(read() - START - second)).toBeLessThanOrEqual(1);
    }
  },
);

test('steady clock: follows a step that lasts, after the window', () => {
  for (const step of [3600, -3600]) {
    const { machine, read } = clock();
    machine.now += step;
    expect(read()).toBe(START);
    machine.now += 59;
    machine.at += 59;
    expect(read()).toBe(START + 59);
    machine.now += 1;
    machine.at += 1;
    expect(read()).toBe(START + step + 60);
  }
});

test('steady clock: a clock that jumps about is never followed', () => {
  const { machine, read } = clock();
  for (let second = 0; second < 300; second += 5) {
    machine.now = START + second + 100 * (second + 1);
    machine.at = 5000 + second;
    expect(read()).toBe(START + second);
  }
});
