import { readdirSync, readFileSync } from 'node:fs';
import type { Clock } from './measure.ts';

const wallClock: Clock = () => performance.now() * 1000;

/** CPU time of this process, including its threads. */
export const ownClock: Clock = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** CPU time of a process from Linux's accounting of its threads; on other systems wall time. */
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

/** The child process of this name, if the system lists it, and another one than the given ones. */
export function childNamed(name: string, ...others: readonly (number | null)[]): number | null {
  if (process.platform !== 'linux') return null;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const [, comm, rest = ''] = /\((.*)\)(.*)/s.exec(readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? [];
      if (comm === name && Number(rest.split(' ')[2]) === process.pid && !others.includes(Number(entry))) {
        readFileSync(`/proc/${entry}/schedstat`);
        return Number(entry);
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return null;
}

/** CPU time of a process and of its children; on other systems wall time. */
export function familyClock(pid: number): Clock {
  if (process.platform !== 'linux') return wallClock;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  return clockOfAll([pid, ...children]);
}

/** CPU time of several processes; on other systems wall time. */
export function clockOfAll(pids: readonly (number | null)[]): Clock {
  if (pids.includes(null)) return wallClock;
  const clocks = pids.map(clockOf);
  return () => clocks.reduce((sum, clock) => sum + clock(), 0);
}
