import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Ledger, Spend, SpendOutcome, SpentTokens } from '../../src/ports.ts';

export interface SpendProcess extends SpentTokens {
  readonly child: ChildProcess;
  /** Outcomes that arrived, so that were acknowledged. */
  stop(): void;
}

const OVER_FILE = path.join(import.meta.dirname, 'spend-child.ts');

/**
 * Another process over the store: a file, unless another script is given. A call without a response before
 * its death rejects.
 */
export async function spendProcess(store: string, script = OVER_FILE): Promise<SpendProcess> {
  const child = fork(script, [store], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  const waiting = new Map<
    number,
    { resolve: (outcome: SpendOutcome) => void; reject: (error: Error) => void }
  >();
  let last = 0;
  child.on('message', ({ id, outcome }: { id: number; outcome: SpendOutcome | 'error' | null }) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (outcome === 'error') call?.reject(new Error('store'));
    else call?.resolve(outcome as SpendOutcome);
  });
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('killed'));
    waiting.clear();
  });
  const call = (ledger: Ledger, spend: Spend | null): Promise<SpendOutcome> =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      child.send({ id, ledger, spend }, (error) => {
        if (error !== null) reject(error);
      });
    });
  return {
    child,
    spend: call,
    close: async (ledger) => void (await call(ledger, null)),
    stop: () => child.kill('SIGKILL'),
  };
}
