import { describe, expect, test } from 'vitest';
import { longestTasks } from './bench/trace.ts';

describe('bench: the longest task of a page', () => {
  const thread = { pid: 1, tid: 1 };
  const mark = (name: string, ts: number) => ({ ...thread, name, ts });
  const task = (ts: number, dur: number, tdur: number) => ({
    ...thread,
    name: 'ThreadControllerImpl::RunTask',
    ts,
    dur,
    tdur,
  });
  const marks = [
    mark('ours begins', 100),
    mark('ours ends', 200),
    mark('ours begins', 1100),
    mark('ours ends', 1200),
  ];

  test('is the time in which the main thread ran, of the tasks between the marks alone', () => {
    const events = [
      ...marks,
      task(50, 40, 40), // before
      task(95, 20, 7), // holds the first mark
      task(120, 70, 5), // waits for the processor
      task(201, 90, 90), // after
      { ...task(130, 60, 60), tid: 2 }, // of another thread
      { ...task(130, 60, 60), pid: 2 },
      { ...task(130, 60, 60), name: 'FunctionCall' },
      task(1150, 9, 9),
    ];
    expect(longestTasks(events, 'ours')).toEqual([7, 9]);
  });

  test('a trace without marks, without their ends or without tasks is an error', () => {
    expect(() => longestTasks([task(1, 1, 1)], 'ours')).toThrow('0 begins and 0 ends of ours');
    expect(() => longestTasks(marks.slice(0, 3), 'ours')).toThrow('2 begins and 1 ends of ours');
    expect(() => longestTasks(marks, 'ours')).toThrow('no task of ours');
  });
});
