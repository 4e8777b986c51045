import { DAY, type World } from '../../services/issuer/test/support/world.ts';
import type { Machine } from './machine.ts';
import type { Fate, Operation } from './operations.ts';

/** The violations of a history; empty if there are none. */
export interface Violations {
  doubled: string[]; // one token with two effects
  lost: string[]; // acknowledged and lost
  overQuota: string[];
}

/** How a token or a voucher is redeemed. */
export type Spend = 'spend' | 'retry' | 'replay' | 'other';

/** A history on a machine. The events of the machine do not depend on what the issuer issues. */
export abstract class Run<W extends World> {
  readonly machine: Machine<W>;
  readonly violations: Violations = { doubled: [], lost: [], overQuota: [] };
  /** Whether the store cannot grow. */
  protected isFull = false;

  constructor(machine: Machine<W>) {
    this.machine = machine;
  }

  /** Runs all events, and records violations. */
  async live(operations: readonly Operation[]): Promise<Violations> {
    try {
      for (const operation of operations) await this.#step(operation);
      this.machine.restart();
      this.isFull = false;
      await this.settle();
      return this.violations;
    } finally {
      this.machine.dispose();
    }
  }

  protected abstract issue(account: string, fate: Fate): Promise<void>;
  protected abstract reissue(): Promise<void>;
  protected abstract spend(kind: Spend, index: number, fate: Fate): Promise<void>;
  protected abstract race(index: number, width: number): Promise<void>;
  /** A backup was made. */
  protected abstract backedUp(): void;
  /** The last backup was restored. */
  protected abstract restored(): void;
  /** At the end, when everything works again: valid tokens must be redeemed. */
  protected abstract settle(): Promise<void>;

  /** The start of the running epoch. */
  protected get epoch(): number {
    const { now } = this.machine.clock;
    return now - (now % DAY);
  }

  /** Makes a call. It is killed after the store has received it, if that is its fate. */
  protected async fated<T>(fate: Fate, call: () => Promise<T>): Promise<T> {
    if (fate === 'killed') this.machine.trouble = 'killed';
    const outcome = await call();
    this.machine.trouble = 'none';
    if (fate === 'killed') this.machine.kill();
    return outcome;
  }

  async #step(operation: Operation): Promise<void> {
    const { machine } = this;
    switch (operation.kind) {
      case 'issue':
        return this.issue(`account ${operation.account}`, operation.fate);
      case 'reissue':
        return this.reissue();
      case 'spend':
      case 'retry':
      case 'replay':
      case 'other':
        return this.spend(operation.kind, operation.token, operation.fate);
      case 'race':
        return this.race(operation.token, operation.width);
      case 'advance':
        machine.clock.now += operation.seconds;
        return this.#rotate();
      case 'back':
        // Never across the start of an epoch, because the issuer would not follow.
        machine.clock.now = Math.max(this.epoch, machine.clock.now - operation.seconds);
        return this.#rotate();
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
        this.isFull = true;
        return undefined;
      case 'room':
        machine.makeRoom();
        break;
      case 'backup':
        machine.backup();
        this.backedUp();
        return undefined;
      case 'restore':
        if (await machine.restore()) this.restored();
        break;
    }
    this.isFull = false; // a store that was opened again, or has room again, can grow
    return undefined;
  }

  async #rotate(): Promise<void> {
    await this.machine.world.issuer.runSchedule().catch((error: unknown) => {
      if (!this.isFull) throw error;
    });
  }
}
