import { hex, type Bytes } from '@sotto/wire';
import type { PendingTokens } from '@sotto/privacypass';
import type { RedemptionOutcome } from '@sotto/redemption';
import { random } from '../../services/issuer/test/support/wallet.ts';
import { DAY, type World } from '../../services/issuer/test/support/world.ts';
import { BATCH, Machine, QUOTA, tokenWorld, type Replace } from './machine.ts';
import type { Fate, Operation } from './operations.ts';
import { Run, type Spend, type Violations } from './run.ts';

/** A token, with what its owner knows about it and what really happened. */
interface Known {
  readonly bytes: Bytes;
  readonly epoch: number;
  readonly tag: Bytes;
  envelope: Bytes;
  readonly effects: Set<string>; // tags under which it was accepted
  answers: number;
  touched: boolean; // a spend may have reached the store
  retired: boolean; // a restore has ended it
}

/** Runs a history of tokens on a real store. */
export const liveThrough = (operations: readonly Operation[], replace?: Replace): Promise<Violations> =>
  new TokenRun(new Machine(tokenWorld, replace)).live(operations);

class TokenRun extends Run<World> {
  readonly #tokens: Known[] = [];
  readonly #signed = new Map<string, Set<string>>(); // account and epoch → batches that were signed
  #unheard: { pending: PendingTokens; account: string; epoch: number } | null = null;

  protected async settle(): Promise<void> {
    for (const index of this.#tokens.keys()) await this.spend('spend', index, 'whole');
  }

  protected async issue(account: string, fate: Fate): Promise<void> {
    if (fate === 'dropped') return;
    const { world } = this.machine;
    const blinded = await world.blind(BATCH).catch(() => null); // no key: retired until the next epoch
    if (blinded === null || blinded.key.notBefore !== this.epoch) return;
    await this.#draw(blinded.pending, account, fate);
  }

  protected async reissue(): Promise<void> {
    const again = this.#unheard;
    this.#unheard = null;
    if (again !== null && again.epoch === this.epoch) await this.#draw(again.pending, again.account, 'whole');
  }

  async #draw(pending: PendingTokens, account: string, fate: Fate): Promise<void> {
    const epoch = this.epoch;
    const response = await this.fated(fate, () =>
      this.machine.world.post(pending.contentType, pending.request, account),
    );
    if (fate !== 'whole') this.#unheard = { pending, account, epoch };
    if (response.status !== 200) return;
    this.#countSigned(`${account} in ${epoch}`, hex(pending.request));
    if (fate !== 'whole') return;
    for (const bytes of await pending.finish(new Uint8Array(await response.arrayBuffer()))) {
      const fresh = { tag: random(32), envelope: random(32), effects: new Set<string>() };
      this.#tokens.push({ bytes, epoch, ...fresh, answers: 0, touched: false, retired: false });
    }
  }

  #countSigned(whose: string, batch: string): void {
    const batches = this.#signed.get(whose) ?? new Set<string>();
    batches.add(batch);
    this.#signed.set(whose, batches);
    if (batches.size * BATCH > QUOTA) this.violations.overQuota.push(whose);
  }

  protected async spend(kind: Spend, index: number, fate: Fate): Promise<void> {
    const token = this.#tokens[index % Math.max(1, this.#tokens.length)];
    if (token === undefined || fate === 'dropped') return;
    if (kind === 'retry' || kind === 'spend') token.envelope = random(32);
    const tag = kind === 'other' ? random(32) : token.tag;
    const envelope = kind === 'other' ? random(32) : token.envelope;
    const fresh = !token.touched && this.#isGood(token);
    const outcome = await this.fated(fate, () => this.machine.world.redeem(token.bytes, { tag, envelope }));
    token.touched ||= outcome !== 'unavailable' || fate === 'killed';
    this.#judge(token, tag, outcome);
    if (fresh && fate === 'whole' && !this.isFull && outcome !== 'first') {
      this.violations.lost.push(`a fresh token: ${outcome}`);
    }
  }

  protected async race(index: number, width: number): Promise<void> {
    const token = this.#tokens[index % Math.max(1, this.#tokens.length)];
    if (token === undefined) return;
    const tags = Array.from({ length: width }, () => random(32));
    const { world } = this.machine;
    const outcomes = await Promise.all(tags.map((tag) => world.redeem(token.bytes, { tag })));
    token.touched ||= outcomes.some((outcome) => outcome !== 'unavailable');
    for (const [i, outcome] of outcomes.entries()) this.#judge(token, tags[i] ?? token.tag, outcome);
  }

  /** Checks that a token has one effect, at most three responses, and none after a restore. */
  #judge(token: Known, tag: Bytes, outcome: RedemptionOutcome): void {
    if (outcome !== 'first' && outcome !== 'again') return;
    token.effects.add(hex(tag));
    token.answers++;
    if (token.effects.size > 1) this.violations.doubled.push('two requests were answered for one token');
    if (token.answers > 3) this.violations.doubled.push('a fourth answer');
    if (token.retired) this.violations.doubled.push('a token from before a restore');
  }

  #isGood({ epoch, retired }: Known): boolean {
    return !retired && (epoch === this.epoch || epoch + DAY === this.epoch);
  }

  protected backedUp(): void {}

  protected restored(): void {
    for (const token of this.#tokens) token.retired = true;
    this.#unheard = null;
  }
}
