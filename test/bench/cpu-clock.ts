import { readdirSync, readFileSync } from 'node:fs';
import type { Clock } from './measure.ts';

const wallClock: Clock = () => performance.now() * 1000;

/** CPU time of this process, its threads included. */
export const ownClock: Clock = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** CPU time of a process, by Linux's own books of its threads; elsewhere the clock on the wall. */
export function clockOf(pid: number | null): Clock {
  if (pid === null) return wallClock;
  const tasks = `/proc/${pid}/task`;
  return () => {
    let nanoseconds = 0;
    for (const task of readdirSync(tasks)) {
      nanoseconds += Number(readFileSync(`${tasks}/${task}/schedstat`, 'utf8').split(' ', 1)[0]);
    }
    return nanoseconds / 1000;
  };
}

/** The process of this name that is a child of ours, if the system tells. */
export function childNamed(name: string): number | null {
  if (process.platform !== 'linux') return null;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const [, comm, rest = ''] = /\((.*)\)(.*)/s.exec(readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? [];
      if (comm === name && Number(rest.split(' ')[2]) === process.pid) {
        readFileSync(`/proc/${entry}/schedstat`);
        return Number(entry);
      }
    } catch {
      // It ended meanwhile.
    }
  }
  return null;
}
