import { bhttpTargets, ohttpTargets } from './message-targets.ts';
import type { Target } from './run.ts';
import { stateTargets } from './state-targets.ts';
import { tokenTargets } from './token-targets.ts';

/** Every decoder that reads bytes or text from outside. */
export async function allTargets(): Promise<Target[]> {
  return [...bhttpTargets, ...(await ohttpTargets()), ...tokenTargets, ...stateTargets];
}
