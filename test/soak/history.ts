import { hex, type Bytes } from '@sotto/wire';
import type { PendingTokens } from '@sotto/privacypass';
import type { RedemptionOutcome } from '@sotto/redemption';
import { random } from '../../services/issuer/test/support/wallet.ts';
import { DAY } from '../../services/issuer/test/support/world.ts';
import { BATCH, Machine, QUOTA, type Replace } from './machine.ts';
import type { Fate, Operation } from './operations.ts';

/** What went wrong in a history; empty is right. */
export interface Violations {
  doubled: string[]; // one token, two effects
  lost: string[]; // acknowledged, and gone
  overQuota: string[];
}

/** A token as its owner, and the truth, know it. */
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

/** Lives through a history on a real store and counts what must never happen. */
export async function liveThrough(operations: readonly Operation[], replace?: Replace): Promise<Violations> {
  const run = new Run(new Machine(replace));
  try {
    for (const operation of operations) await run.step(operation);
    await run.settle();
    return run.violations;
  } finally {
    run.machine.dispose();
  }
}

class Run {
  readonly machine: Machine;
  readonly violations: Violations = { doubled: [], lost: [], overQuota: [] };
  readonly #tokens: Known[] = [];
  readonly #signed = new Map<string, Set<string>>(); // account and epoch → batches that were signed
  #unheard: { pending: PendingTokens; account: string; epoch: number } | null = null;
  #full = false;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  get #epoch(): number {
    const { now } = this.machine.clock;
    return now - (now % DAY);
  }

  async step(operation: Operation): Promise<void> {
    const { machine } = this;
    switch (operation.kind) {
      case 'issue':
        return this.#issue(`account ${operation.account}`, operation.fate);
      case 'reissue':
        return this.#reissue();
      case 'spend':
      case 'retry':
      case 'replay':
      case 'other':
        return this.#spend(operation.kind, operation.token, operation.fate);
      case 'race':
        return this.#race(operation.token, operation.width);
      case 'advance':
        machine.clock.now += operation.seconds;
        return this.#rotate();
      case 'back':
        return this.#back(operation.seconds);
      case 'rotate':
        return this.#rotate();
      case 'restart':
        machine.restart();
        break;
      case 'kill':
        machine.kill();
        break;
      case 'full':
        machine.fill();
        this.#full = true;
        return undefined;
      case 'room':
        machine.makeRoom();
        break;
      case 'backup':
        machine.backup();
        return undefined;
      case 'restore':
        await this.#restore();
        break;
    }
    this.#full = false; // a store that was opened anew, or given room, can grow
    return undefined;
  }

  /** At the end everything works again, and each token still good must be worth one search. */
  async settle(): Promise<void> {
    this.machine.restart();
    this.#full = false;
    for (const index of this.#tokens.keys()) await this.#spend('spend', index, 'whole');
  }

  async #rotate(): Promise<void> {
    await this.machine.world.issuer.runSchedule().catch(this.#onlyWhenFull);
  }

  readonly #onlyWhenFull = (error: unknown): void => {
    if (!this.#full) throw error;
  };

  /** A clock that is set back; never over the start of an epoch, which the issuer would not follow. */
  #back(seconds: number): void {
    const { clock } = this.machine;
    clock.now = Math.max(this.#epoch, clock.now - seconds);
  }

  async #issue(account: string, fate: Fate): Promise<void> {
    if (fate === 'dropped') return;
    const { world } = this.machine;
    const blinded = await world.blind(BATCH).catch(() => null); // no key: retired until the next epoch
    if (blinded === null || blinded.key.notBefore !== this.#epoch) return;
    await this.#draw(blinded.pending, account, fate);
  }

  async #reissue(): Promise<void> {
    const again = this.#unheard;
    this.#unheard = null;
    if (again !== null && again.epoch === this.#epoch)
      await this.#draw(again.pending, again.account, 'whole');
  }

  async #draw(pending: PendingTokens, account: string, fate: Fate): Promise<void> {
    const epoch = this.#epoch;
    if (fate === 'killed') this.machine.trouble = 'killed';
    const response = await this.machine.world.post(pending.contentType, pending.request, account);
    this.machine.trouble = 'none';
    if (fate === 'killed') this.machine.kill();
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

  async #spend(kind: 'spend' | 'retry' | 'replay' | 'other', index: number, fate: Fate): Promise<void> {
    const token = this.#tokens[index % Math.max(1, this.#tokens.length)];
    if (token === undefined || fate === 'dropped') return;
    if (kind === 'retry' || kind === 'spend') token.envelope = random(32);
    const tag = kind === 'other' ? random(32) : token.tag;
    const envelope = kind === 'other' ? random(32) : token.envelope;
    const fresh = !token.touched && this.#isGood(token);
    if (fate === 'killed') this.machine.trouble = 'killed';
    const outcome = await this.machine.world.redeem(token.bytes, { tag, envelope });
    this.machine.trouble = 'none';
    if (fate === 'killed') this.machine.kill();
    token.touched ||= outcome !== 'unavailable' || fate === 'killed';
    this.#judge(token, tag, outcome);
    if (fresh && fate === 'whole' && !this.#full && outcome !== 'first') {
      this.violations.lost.push(`a fresh token: ${outcome}`);
    }
  }

  async #race(index: number, width: number): Promise<void> {
    const token = this.#tokens[index % Math.max(1, this.#tokens.length)];
    if (token === undefined) return;
    const tags = Array.from({ length: width }, () => random(32));
    const { world } = this.machine;
    const outcomes = await Promise.all(tags.map((tag) => world.redeem(token.bytes, { tag })));
    token.touched ||= outcomes.some((outcome) => outcome !== 'unavailable');
    for (const [i, outcome] of outcomes.entries()) this.#judge(token, tags[i] ?? token.tag, outcome);
  }

  /** One token, one effect; at most three answers to it; none after a restore. */
  #judge(token: Known, tag: Bytes, outcome: RedemptionOutcome): void {
    if (outcome !== 'first' && outcome !== 'again') return;
    token.effects.add(hex(tag));
    token.answers++;
    if (token.effects.size > 1) this.violations.doubled.push('two requests were answered for one token');
    if (token.answers > 3) this.violations.doubled.push('a fourth answer');
    if (token.retired) this.violations.doubled.push('a token from before a restore');
  }

  #isGood({ epoch, retired }: Known): boolean {
    return !retired && (epoch === this.#epoch || epoch + DAY === this.#epoch);
  }

  async #restore(): Promise<void> {
    if (!(await this.machine.restore())) return;
    for (const token of this.#tokens) token.retired = true;
    this.#unheard = null;
  }
}
