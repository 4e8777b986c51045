import type { Bytes } from '@sotto/wire';
import { startSuite } from '../../../services/local/src/suite.ts';
import { RawExchange } from '../../support/raw-exchange.ts';
import { childNamed, clockOf } from '../cpu-clock.ts';
import { inMemory } from '../suites.ts';
import { costOf } from '../turns.ts';
import { turnsOf, type Turn } from './turns.ts';

const SIZES = [10, 100, 1000]; // searches at once
const ROUNDS = 5;
const WARM = 400; // searches before the first round, until the engine has compiled what they run
const FEWEST = 200; // searches in a turn: of several crowds, if they are small

/** So many private searches at once through four live services: CPU time of workerd and wall time per search. */
export async function* crowdTurns(): AsyncGenerator<Turn> {
  const suite = await inMemory(() => startSuite());
  try {
    const raw = await RawExchange.of(suite);
    const clock = clockOf(childNamed('workerd'));
    const tokens: Bytes[] = [];
    let accounts = 0;
    const crowd = async (size: number): Promise<{ cpu: number; wall: number }> => {
      while (tokens.length < size) tokens.push(...(await raw.issue(`growth ${accounts++}`)));
      const envelopes = await Promise.all(
        tokens.splice(0, size).map((token) => raw.seal(raw.request(token, 'happy cat'))),
      );
      const { result, ...cost } = await costOf(clock, () =>
        Promise.all(envelopes.map((envelope) => raw.post(envelope))),
      );
      const failed = result.filter(({ inner }) => inner?.status !== 200);
      if (failed.length > 0)
        throw new Error(`${failed.length} of ${size} searches failed: ${failed[0]?.code}`);
      return cost;
    };
    for (let i = 0; i < WARM; i += 100) await crowd(100);
    for (const size of turnsOf(SIZES, ROUNDS)) {
      const searches = Math.max(size, FEWEST);
      const sum = { cpu: 0, wall: 0 };
      for (let i = 0; i < searches; i += size) {
        const { cpu, wall } = await crowd(size);
        sum.cpu += cpu;
        sum.wall += wall;
      }
      yield {
        size,
        costs: {
          'growth.concurrent': sum.cpu / searches,
          'growth.concurrent.throughput': sum.wall / searches,
        },
      };
    }
  } finally {
    await suite.dispose();
  }
}
