import { scheduleFor } from '../../packages/client/src/schedule.ts';
import type { Schedule } from '../../packages/client/src/wallet/state.ts';
import { VoucherDevice } from '../../packages/client/test/support/voucher-device.ts';
import { DAY } from './people.ts';
import type { Randomness } from './randomness.ts';

/** The actions of a device at one moment. */
export interface Did {
  /** Requests that show the account. */
  readonly requests: number;
  /** The last epoch whose tokens the account may use from now on; none if there was no request. */
  readonly through: number;
  readonly refills: number;
  /** Whether a token was used. */
  readonly searched: boolean;
  /** The epoch of that token, if it is not that of the day. */
  readonly tokenEpoch?: number;
}

/** How a device gets its tokens. */
export interface Device {
  run(now: number): Did;
  search(now: number): Did;
}

const REST_SECONDS = 900;
const TOKENS = 30;
const BATCHES = 3;
const PERIOD = 7;
const NOTHING: Did = { requests: 0, through: -1, refills: 0, searched: false };

/** The client with vouchers, by its own schedule. */
class Vouchers implements Device {
  readonly #device: VoucherDevice;
  readonly #consents: boolean;

  constructor(now: number, random: Randomness, consents = false) {
    const options = {
      epochSeconds: DAY,
      period: PERIOD,
      perEpoch: 3,
      tokens: TOKENS,
      restSeconds: REST_SECONDS,
    };
    this.#device = new VoucherDevice(now, { ...options, random: random.bytes });
    this.#consents = consents;
  }

  run(now: number): Did {
    const { issuances, refills } = this.#device.run(now);
    return { requests: issuances, through: this.#device.state.issuedThrough, refills, searched: false };
  }

  search(now: number): Did {
    return { ...NOTHING, ...this.#device.search(now, this.#consents) };
  }
}

/** Tokens of an epoch, as a client without vouchers has them. */
interface Held {
  readonly epoch: number;
  readonly issuedAt: number;
}

/** The client without vouchers, by its own schedule: three batches on every day on which it runs. */
class Direct implements Device {
  readonly #random: Randomness;
  #schedule: Schedule | undefined;
  #tokens: Held[] = [];

  constructor(random: Randomness) {
    this.#random = random;
  }

  run(now: number): Did {
    const epoch = Math.floor(now / DAY);
    const options = { now, epochSeconds: DAY, batches: BATCHES, random: this.#random.bytes };
    const schedule = scheduleFor(this.#schedule, epoch * DAY, options);
    const requests = now >= schedule.dueAt ? schedule.left : 0;
    this.#schedule = { ...schedule, left: schedule.left - requests };
    if (requests === 0) return NOTHING;
    this.#tokens = this.#tokens.filter((held) => held.epoch + 1 >= epoch);
    for (let i = 0; i < requests * TOKENS; i++) this.#tokens.push({ epoch, issuedAt: now });
    return { ...NOTHING, requests, through: epoch };
  }

  search(now: number): Did {
    const epoch = Math.floor(now / DAY);
    const rested = this.#tokens.filter((one) => one.epoch + 1 >= epoch && one.issuedAt + REST_SECONDS <= now);
    const used = rested[this.#random.below(rested.length)];
    if (used === undefined) return NOTHING;
    this.#tokens.splice(this.#tokens.indexOf(used), 1);
    return { ...NOTHING, searched: true, tokenEpoch: used.epoch };
  }
}

/** A leaky build: it requests tokens with the account when a search finds none. */
class OnDemand implements Device {
  #tokens: Held[] = [];

  run(): Did {
    return NOTHING;
  }

  search(now: number): Did {
    const epoch = Math.floor(now / DAY);
    this.#tokens = this.#tokens.filter((held) => held.epoch + 1 >= epoch);
    const isEmpty = this.#tokens.length === 0;
    if (isEmpty) for (let i = 0; i < TOKENS; i++) this.#tokens.push({ epoch, issuedAt: now });
    this.#tokens.pop();
    return { requests: isEmpty ? 1 : 0, through: isEmpty ? epoch : -1, refills: 0, searched: true };
  }
}

/** A leaky build: it requests vouchers by the schedule, but redeems one when a search finds no token, and uses it at once. */
class RefillsOnDemand implements Device {
  readonly #inner: Vouchers;
  readonly #fresh = new OnDemand();

  constructor(now: number, random: Randomness) {
    this.#inner = new Vouchers(now, random);
  }

  run(now: number): Did {
    return { ...this.#inner.run(now), refills: 0 };
  }

  search(now: number): Did {
    const { requests } = this.#fresh.search(now);
    return { ...NOTHING, refills: requests, searched: true };
  }
}

/** A leaky build: it requests the vouchers of a period with the account when a search finds none, and redeems one at once. */
class VouchersOnDemand implements Device {
  readonly #fresh = new OnDemand();
  #through = -1;

  run(): Did {
    return NOTHING;
  }

  search(now: number): Did {
    const { requests: refills } = this.#fresh.search(now);
    const epoch = Math.floor(now / DAY);
    const isEmpty = refills > 0 && epoch > this.#through;
    if (isEmpty) this.#through = epoch + PERIOD - 1;
    return { requests: isEmpty ? 1 : 0, through: this.#through, refills, searched: true };
  }
}

/** The schemes that are compared, by name. The last three are leaky builds. */
export const SCHEMES = {
  vouchers: (now: number, random: Randomness): Device => new Vouchers(now, random),
  direct: (_now: number, random: Randomness): Device => new Direct(random),
  'on demand': (): Device => new OnDemand(),
  'vouchers on demand': (): Device => new VouchersOnDemand(),
  'refills on demand': (now: number, random: Randomness): Device => new RefillsOnDemand(now, random),
} as const;

export type Scheme = keyof typeof SCHEMES;
