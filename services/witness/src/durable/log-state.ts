import { openStorage } from '@sotto/service/sqlite/durable';
import type { Database } from '@sotto/service/sqlite';
import { addCounts, readCounts } from '@sotto/service/sqlite/operator';
import { DurableObject } from 'cloudflare:workers';
import type { Bytes } from '@sotto/wire';
import type { Head } from '../ports.ts';
import { MIGRATIONS } from '../store/migrations.ts';
import { sqlWitnessStore } from '../store/witness-store.ts';

/** Checkpoints and entries of one log, or the counts of all isolates: an object each. */
export class LogState extends DurableObject {
  readonly #database: Database;
  readonly #store: ReturnType<typeof sqlWitnessStore>;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as never);
    this.#database = openStorage(ctx.storage, MIGRATIONS);
    this.#store = sqlWitnessStore(this.#database);
  }

  accepted(origin: string): Head | null {
    return this.#store.accepted(origin);
  }

  accept(origin: string, oldSize: number, head: Head): boolean {
    return this.#store.accept(origin, oldSize, head);
  }

  count(origin: string): number {
    return this.#store.count(origin);
  }

  entries(origin: string, from: number, to: number): Bytes[] {
    return this.#store.entries(origin, from, to);
  }

  leaves(origin: string, to: number): Bytes[] {
    return this.#store.leaves(origin, to);
  }

  append(origin: string, from: number, entries: Bytes[]): number {
    return this.#store.append(origin, from, entries);
  }

  mirrored(origin: string): Head | null {
    return this.#store.mirrored(origin);
  }

  mirror(origin: string, head: Head): boolean {
    return this.#store.mirror(origin, head);
  }

  addCounts(counts: Readonly<Record<string, number>>): void {
    this.#database.atomically(() => addCounts(this.#database.db, counts));
  }

  counts(): Record<string, number> {
    return readCounts(this.#database.db);
  }
}
