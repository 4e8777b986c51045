import { printable } from './arguments.ts';
import type { Io, Status } from './io.ts';
import type { Finding } from './probe/live.ts';
import { styled } from './style.ts';

export const SIGNS = {
  pass: 'pass',
  fail: 'FAIL',
  warn: 'warning',
  info: 'info',
  'cannot-tell': 'cannot tell',
} as const;

interface TitledFinding extends Finding {
  readonly title: string;
}

/** One line per fault: result, title, detail. */
export function printFinding({ title, result, detail }: TitledFinding, json: boolean, io: Io): void {
  if (json) {
    io.out(JSON.stringify({ title, result, detail }));
    return;
  }
  for (const line of detail.split('\n')) {
    const text = `${SIGNS[result].padEnd(11)}  ${printable(line === '' ? title : `${title}: ${line}`)}`;
    io.out(result === 'fail' ? styled(io, 'red', text) : text);
  }
}

/** 1 if a check failed, 3 if none could tell anything. */
export function statusOf(results: readonly Finding['result'][]): Status {
  if (results.includes('fail')) return 1;
  return results.some((result) => result !== 'cannot-tell') ? 0 : 3;
}
