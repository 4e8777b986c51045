import { catalogueTurns } from './catalogues.ts';
import { crowdTurns } from './crowds.ts';
import { hopIsolateTurns } from './hop-isolates.ts';
import { hopTurns } from './hops.ts';
import { isolateTurns } from './isolates.ts';
import { ledgerTurns } from './ledgers.ts';
import { processTurns } from './processes.ts';
import { figuresOf, type GrowthFigure, type Turn } from './turns.ts';

const PARTS = [
  ['growth.ledger', 'node', ledgerTurns],
  ['growth.processes', 'node', processTurns],
  ['growth.relay', 'node', () => hopTurns('relay')],
  ['growth.gateway', 'node', () => hopTurns('gateway')],
  ['growth.relay.isolates growth.gateway.isolates', 'workerd', hopIsolateTurns],
  ['growth.isolates', 'node', isolateTurns],
  ['growth.catalogue', 'node', catalogueTurns],
  ['growth.concurrent', 'workerd', crowdTurns],
] as const;

/** The cost of one operation with growing ledgers, catalogues, crowds and numbers of processes and isolates. */
export async function* growthFigures(
  wanted: (name: string) => boolean,
  progress: (text: string) => void,
): AsyncGenerator<GrowthFigure> {
  for (const [name, runtime, turnsOf] of PARTS) {
    if (!wanted(name)) continue;
    progress(`${name}: all sizes in turn`);
    const turns: Turn[] = [];
    for await (const turn of turnsOf()) turns.push(turn);
    yield* figuresOf(runtime, turns);
  }
}
