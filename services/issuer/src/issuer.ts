import { TOKEN_TYPES } from '@sotto/privacypass';
import type {
  IssuerApi,
  PublishedSchedule,
  RedemptionCall,
  RedemptionResult,
  RefillCall,
  RefillResult,
  ScheduledRefill,
} from '@sotto/redemption';
import type { KeyWrap } from '@sotto/service/keys';
import { Tally, type CounterStore } from '@sotto/service/metrics';
import type { OperatorLog } from '@sotto/service/operator';
import type { Voprf, VoprfSuiteId } from '@sotto/voprf';
import { voucherEpochs, type UnixSeconds } from '@sotto/wire';
import { AccountLimiter } from './account-limiter.ts';
import { jwtAttester } from './attest/jwt.ts';
import { EvaluationLimiter } from './evaluation-limiter.ts';
import { REFILL, type Config } from './config.ts';
import type { IssuanceDeps } from './issuance.ts';
import { challengeOf, directoryOf, Keyring } from './keyring.ts';
import type { KeyAuthority, KeyRecord, System, Quota, SpentTokens } from './ports.ts';
import { EvaluationQueue } from './evaluation-queue.ts';
import { AccountTally } from './metrics.ts';
import { unreadableKeys } from './secret-key.ts';
import { redeem, type RedeemDeps } from './redeem.ts';
import { refill, type RefillDeps } from './refill.ts';
import { STALE_STORE, type StoreRevision } from './store-revision.ts';

/** The configuration, and the dependencies that the entry file chooses. */
export interface IssuerDeps {
  readonly config: Config;
  readonly system: System;
  readonly fetch: typeof fetch;
  readonly voprf: Readonly<Record<VoprfSuiteId, Voprf>>;
  readonly wrap: KeyWrap;
  readonly authority: KeyAuthority;
  readonly quota: Quota;
  readonly spent: SpentTokens;
  readonly revision: StoreRevision;
  readonly counters: CounterStore;
  readonly log: OperatorLog;
}

const ACCOUNT_KEY_CHANGED =
  'ACCOUNT_KEY: was changed within an epoch, so nothing is issued until the next one. Set ACCOUNT_KEY_PREVIOUS to the former key';

/** Requests that may wait to be signed at once, in one isolate or process. */
const QUEUE = 32;

/** The issuer, as its routes, the gateway's entrypoint and the schedule use it. */
export class Issuer implements IssuerApi {
  readonly deps: IssuerDeps;
  readonly issuing: IssuanceDeps;
  readonly tally = new Tally();
  readonly accountTally = new AccountTally(this.tally);
  readonly keyring: Keyring;
  readonly #redeeming: RedeemDeps;
  readonly #refilling: RefillDeps;

  constructor(deps: IssuerDeps) {
    const { config, system, authority, quota, spent, wrap, fetch, revision } = deps;
    this.deps = deps;
    const voprf = byTokenType(deps.voprf);
    this.keyring = new Keyring({ config, system, authority, voprf, wrap, revision });
    this.issuing = {
      system,
      attester: jwtAttester({ config, system, fetch }),
      keyring: this.keyring,
      quota,
      limiter: new EvaluationLimiter(authority, system.now),
      queue: new EvaluationQueue(QUEUE, system),
      accounts: new AccountLimiter(system.now),
      vouchers: config.vouchers,
      epochSeconds: config.epochSeconds,
      tally: this.accountTally,
    };
    const { queue, limiter } = this.issuing;
    const { epochSeconds, vouchers } = config;
    const { random, now } = system;
    const { keyring, tally } = this;
    this.#redeeming = { epochSeconds, keyring, spent, random, count: tally.count };
    this.#refilling = { ...this.#redeeming, queue, limiter, now, pack: vouchers?.pack ?? null };
  }

  async redeem({ knownRevision, ...redemption }: RedemptionCall): Promise<RedemptionResult> {
    const { revision } = this.deps;
    const known = Number.isSafeInteger(knownRevision) ? knownRevision : 0; // a gateway of the first release sends none
    const outcome = await redeem(this.#redeeming, redemption, () => revision.require(known));
    return { outcome, revision: revision.latest };
  }

  async refill({ knownRevision, ...call }: RefillCall): Promise<RefillResult> {
    const { revision } = this.deps;
    const result = await refill(this.#refilling, call, () => revision.require(knownRevision));
    return { ...result, revision: revision.latest };
  }

  /** Makes and destroys keys as the schedule requires. Running it more often changes nothing. */
  async runSchedule(): Promise<void> {
    this.keyring.forget();
    await this.deps.authority.snapshot();
    await this.tally.flush(this.deps.counters);
  }

  async schedule(knownRevision: number): Promise<PublishedSchedule> {
    const { authority, config, revision } = this.deps;
    await revision.require(knownRevision);
    revision.observe(await authority.raiseRevision());
    const { epoch: current, keys } = await authority.snapshot();
    const known = new Set(config.services.map(({ name }) => name));
    if (config.vouchers !== null) known.add(REFILL);
    const tokens = keys.filter(({ service }) => service !== REFILL);
    const starts = [...new Set(tokens.map(({ epoch }) => epoch))].toSorted((a, b) => a - b);
    const complete = starts.filter(
      (start) => start >= current && starts.includes(start + config.epochSeconds),
    );
    return {
      revision: revision.latest,
      epochs: complete.map((start) => ({
        start,
        directory: directoryOf(config, keys, start),
        challenges: keys
          .filter(({ epoch, service }) => epoch === start && known.has(service))
          .map((key) => ({
            service: key.service,
            tokenType: key.type,
            challenge: challengeOf(config, key),
          })),
        refill: refillOf(config, keys, start),
      })),
    };
  }

  /** Current problems, one line each: path, cause and remedy. The operator must see them. */
  async check(): Promise<readonly string[]> {
    if (this.deps.revision.isStale) return [STALE_STORE];
    const problems = await this.issuing.attester.check();
    const hasAccountKey = await this.keyring.use(({ accountKey }) => accountKey !== null);
    const { keys } = await this.deps.authority.snapshot();
    const unreadable = await unreadableKeys(this.deps.wrap, keys);
    return [...problems, ...(hasAccountKey ? [] : [ACCOUNT_KEY_CHANGED]), ...unreadable];
  }

  /** After KEY_WRAPPING_KEY was lost: see Schedule.replaceUnreadable. */
  async replaceUnreadable(): Promise<number> {
    this.keyring.forget();
    return this.deps.authority.replaceUnreadable();
  }

  /**
   * Drops the keys in memory and the evaluations reserved from their ceilings. The next request loads the
   * keys that exist.
   */
  forgetKeys(): void {
    this.keyring.forget();
    this.issuing.limiter.forget();
  }

  /** After a restore: see Schedule.retireAll. */
  async retireAll(): Promise<number> {
    this.forgetKeys();
    return this.deps.authority.retireAll();
  }
}

/** The refill terms for the bundle of an epoch. Null without vouchers, or if one of their keys is gone. */
function refillOf(config: Config, keys: readonly KeyRecord[], start: UnixSeconds): ScheduledRefill | null {
  const { vouchers, epochSeconds } = config;
  if (vouchers === null) return null;
  const { period, perEpoch, pack } = vouchers;
  const count = voucherEpochs(start / epochSeconds, period);
  const shown = Array.from({ length: count }, (_, i) =>
    keys.find(({ service, epoch }) => service === REFILL && epoch === start + i * epochSeconds),
  ).filter((key) => key !== undefined);
  if (shown.length < count) return null;
  return { period, perEpoch, pack, keys: shown.map(({ publicKey }) => publicKey) };
}

/** The suite of each token type that is issued. */
export function byTokenType(voprf: IssuerDeps['voprf']): (tokenType: number) => Voprf {
  return (tokenType) => {
    const suite = TOKEN_TYPES.get(tokenType)?.suite;
    if (!suite) throw new RangeError('a token type that is not issued');
    return voprf[suite];
  };
}
