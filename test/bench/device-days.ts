import { DAY, Person } from '../simulation/people.ts';
import { Randomness } from '../simulation/randomness.ts';
import { VirtualDevice, type Scheme } from './virtual-device.ts';
import { VirtualSuite, type Kind, type Spent } from './virtual-suite.ts';

/** How many devices live for how long. */
export interface DeviceDaysOptions {
  readonly devices: number;
  /** Days that are measured, after `warmUpDays`. */
  readonly days: number;
  readonly warmUpDays: number;
  readonly seed: number;
}

/** What so many device-days cost the servers. */
export interface DeviceDays {
  readonly scheme: string;
  readonly deviceDays: number;
  readonly served: number;
  readonly unserved: number;
  readonly spent: Readonly<Partial<Record<Kind, Spent>>>;
}

/** In the year 2033, so that no alarm of a Durable Object is due by the clock of the machine. It begins a period of seven. */
const FIRST_EPOCH = 3300 * 7;

/**
 * Devices with a messenger, as `npm run simulate` has them, each with a real client, for so many days of a virtual clock, over the
 * whole suite in workerd. What the servers spend is counted for each request.
 */
export async function measureDeviceDays(
  scheme: Scheme,
  { devices, days, warmUpDays, seed }: DeviceDaysOptions,
): Promise<DeviceDays> {
  const servers = await VirtualSuite.start(FIRST_EPOCH * DAY);
  try {
    const people = await Promise.all(
      Array.from({ length: devices }, async (_, i) => {
        const person = new Person(new Randomness(seed * 1_000_003 + i)); // the same whatever the scheme
        const random = new Randomness(seed * 1_000_033 + i);
        return { person, device: await VirtualDevice.of(servers, `device ${i}`, { scheme, random }) };
      }),
    );
    const before = { served: 0, unserved: 0 };
    const sum = (what: 'served' | 'unserved'): number =>
      people.reduce((total, { device }) => total + device.searches[what], 0);
    for (let day = 0; day < warmUpDays + days; day++) {
      servers.now = (FIRST_EPOCH + day) * DAY;
      if (day === warmUpDays) {
        await servers.reset();
        Object.assign(before, { served: sum('served'), unserved: sum('unserved') });
      }
      await servers.tick();
      const sessions = people.flatMap(({ person, device }) =>
        person.day(FIRST_EPOCH + day, 'messenger').map((session) => ({ device, session })),
      );
      sessions.sort((a, b) => a.session.at - b.session.at);
      for (const { device, session } of sessions) await device.open(session);
    }
    await servers.settle();
    return {
      scheme,
      deviceDays: devices * days,
      served: sum('served') - before.served,
      unserved: sum('unserved') - before.unserved,
      spent: Object.fromEntries(servers.spent),
    };
  } finally {
    await servers.close();
  }
}
