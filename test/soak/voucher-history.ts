import { hex, lastOfPeriod, type Bytes } from '@sotto/wire';
import type { RefillOutcome } from '@sotto/redemption';
import { VoucherWorld, type PendingVouchers } from '../../services/issuer/test/support/vouchers.ts';
import { random } from '../../services/issuer/test/support/wallet.ts';
import { DAY } from '../../services/issuer/test/support/world.ts';
import { Machine, type MakeWorld, type Replace } from './machine.ts';
import type { Fate, Operation } from './operations.ts';
import { Run, type Spend, type Violations } from './run.ts';

const PERIOD = 2; // epochs
const PER_EPOCH = 2; // vouchers of an issuance
const ISSUANCES = 2; // of an account in a period
const PACK = [['stickers', 1]] as const;

/** An issuer with small periods, batches and packs, because the client's side of the histories is slow. */
const voucherWorld: MakeWorld<VoucherWorld> = (options) =>
  new VoucherWorld({
    ...options,
    vars: {
      VOUCHERS: JSON.stringify({ period: PERIOD, perEpoch: PER_EPOCH, issuances: { default: ISSUANCES } }),
      SERVICES: JSON.stringify([
        { name: 'stickers', types: [5], batch: [1], quota: { default: 1 }, shards: 2, refill: 1 },
      ]),
    },
  });

/** A voucher, with what its owner knows about it and what really happened. */
interface Known {
  readonly bytes: Bytes;
  /** The index of its epoch. */
  readonly epoch: number;
  /** The pack that its owner sends, once it exists. */
  pack: Bytes | null;
  envelope: Bytes;
  readonly packs: Set<string>; // that were signed for it
  answers: number;
  touched: boolean; // a refill may have reached the store
  retired: boolean; // a restore has ended it
}

/** Runs a history of vouchers on a real store: issuances, refills, kills and restores. */
export const liveWithVouchers = (operations: readonly Operation[], replace?: Replace): Promise<Violations> =>
  new VoucherRun(new Machine(voucherWorld, replace)).live(operations);

class VoucherRun extends Run<VoucherWorld> {
  readonly #vouchers: Known[] = [];
  readonly #signed = new Map<string, Set<string>>(); // account and period → requests that were signed
  #keysInBackup: ReadonlySet<number> = new Set();
  #unheard: { pending: PendingVouchers; account: string; first: number } | null = null;

  get #epochIndex(): number {
    return this.epoch / DAY;
  }

  /** Valid vouchers buy their packs; then, day by day, those of the coming epochs do. */
  protected async settle(): Promise<void> {
    const last = Math.max(this.#epochIndex, ...this.#vouchers.map(({ epoch }) => epoch));
    for (; this.#epochIndex <= last; this.machine.clock.now = this.epoch + DAY) {
      await this.machine.world.issuer.runSchedule();
      for (const [index, { epoch }] of this.#vouchers.entries()) {
        if (epoch === this.#epochIndex) await this.spend('spend', index, 'whole');
      }
    }
  }

  protected async issue(account: string, fate: Fate): Promise<void> {
    if (fate === 'dropped') return;
    const first = this.#epochIndex;
    const count = lastOfPeriod(first, PERIOD) - first + 1;
    const blinded = await this.machine.world
      .blindVouchers({ first, count, perEpoch: PER_EPOCH })
      .catch(() => null); // no key: retired until the next epoch
    if (blinded !== null) await this.#request(blinded, { account, first, fate });
  }

  protected async reissue(): Promise<void> {
    const again = this.#unheard;
    this.#unheard = null;
    if (again !== null && again.first === this.#epochIndex) {
      await this.#request(again.pending, { ...again, fate: 'whole' });
    }
  }

  async #request(
    pending: PendingVouchers,
    { account, first, fate }: { readonly account: string; readonly first: number; readonly fate: Fate },
  ): Promise<void> {
    const response = await this.fated(fate, () => this.machine.world.postVouchers(pending.body, account));
    if (fate !== 'whole') this.#unheard = { pending, account, first };
    if (response.status !== 200) return;
    this.#countSigned(`${account} in ${lastOfPeriod(first, PERIOD)}`, hex(pending.body));
    if (fate !== 'whole') return;
    const batches = await pending.finish(new Uint8Array(await response.arrayBuffer()));
    for (const [i, batch] of batches.entries()) {
      for (const bytes of batch) {
        const fresh = { pack: null, envelope: random(32), packs: new Set<string>() };
        this.#vouchers.push({
          bytes,
          epoch: first + i,
          ...fresh,
          answers: 0,
          touched: false,
          retired: false,
        });
      }
    }
  }

  /** A restore loses the counts since the backup (storage.md), so it begins a new count. */
  #countSigned(whose: string, request: string): void {
    const requests = this.#signed.get(whose) ?? new Set<string>();
    requests.add(request);
    this.#signed.set(whose, requests);
    if (requests.size > ISSUANCES) this.violations.overQuota.push(whose);
  }

  protected async spend(kind: Spend, index: number, fate: Fate): Promise<void> {
    const voucher = this.#vouchers[index % Math.max(1, this.#vouchers.length)];
    if (voucher === undefined || fate === 'dropped') return;
    const own = kind === 'other' || voucher.pack === null ? await this.#blind() : voucher.pack;
    if (own === null) return; // no key of the service: retired until the next epoch
    if (kind !== 'other') voucher.pack = own;
    if (kind === 'retry' || kind === 'spend') voucher.envelope = random(32);
    const envelope = kind === 'other' ? random(32) : voucher.envelope;
    const fresh = !voucher.touched && this.#isGood(voucher);
    const outcome = await this.fated(fate, () =>
      this.machine.world.refillOutcome(voucher.bytes, own, envelope),
    );
    voucher.touched ||= outcome !== 'unavailable' || fate === 'killed';
    this.#judge(voucher, own, outcome);
    if (fresh && fate === 'whole' && !this.isFull && outcome !== 'first') {
      this.violations.lost.push(`a fresh voucher: ${outcome}`);
    }
  }

  protected async race(index: number, width: number): Promise<void> {
    const voucher = this.#vouchers[index % Math.max(1, this.#vouchers.length)];
    if (voucher === undefined) return;
    const packs = await Promise.all(Array.from({ length: width }, () => this.#blind()));
    const { world } = this.machine;
    await Promise.all(
      packs.map(async (pack) => {
        if (pack === null) return;
        const outcome = await world.refillOutcome(voucher.bytes, pack, random(32));
        voucher.touched ||= outcome !== 'unavailable';
        this.#judge(voucher, pack, outcome);
      }),
    );
  }

  async #blind(): Promise<Bytes | null> {
    return this.machine.world.blindPack(PACK).then(
      ({ body }) => body,
      () => null,
    );
  }

  /** Checks that a voucher has one pack, in its epoch, at most three responses, and none after a restore. */
  #judge(voucher: Known, pack: Bytes, outcome: RefillOutcome): void {
    if (outcome !== 'first' && outcome !== 'again') return;
    voucher.packs.add(hex(pack));
    voucher.answers++;
    const { doubled } = this.violations;
    if (voucher.packs.size > 1) doubled.push('two packs were signed for one voucher');
    if (voucher.answers > 3) doubled.push('a fourth answer');
    if (voucher.retired) doubled.push('a voucher from before a restore');
    if (voucher.epoch !== this.#epochIndex) doubled.push('a voucher of another epoch');
  }

  #isGood({ epoch, retired }: Known): boolean {
    return !retired && epoch === this.#epochIndex;
  }

  protected backedUp(): void {
    const rows = this.machine.world.database.db.all<{ epoch: number }>(
      "select epoch from issuer_keys where service = 'refill'",
    );
    this.#keysInBackup = new Set(rows.map(({ epoch }) => epoch / DAY));
  }

  /**
   * A restore ends the vouchers of its epoch. Those of later epochs stay valid if the backup has their keys.
   */
  protected restored(): void {
    for (const voucher of this.#vouchers) {
      const { epoch } = voucher;
      voucher.retired ||= epoch <= this.#epochIndex || !this.#keysInBackup.has(epoch);
    }
    this.#unheard = null;
    this.#signed.clear();
  }
}
