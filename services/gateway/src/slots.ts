import { KEM } from '@sotto/ohttp';
import type { UnixSeconds } from '@sotto/wire';

/** Slots that are made before their time comes. */
export const HORIZON = 7;

/** Seconds that a key outlives the bundles that name it: clocks differ, requests travel. */
export function graceSeconds(epochSeconds: number): number {
  return Math.min(300, epochSeconds / 2);
}

/** A range of slots by their sequence, both ends in it. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
}

export function sequenceAt(now: UnixSeconds, epochSeconds: number): number {
  return Math.floor(now / epochSeconds);
}

/**
 * The slots whose keys open requests at this time: from the start of a slot, a client's early clock
 * allowed for, until grace after the end of its bundle, which lives for two slots.
 */
export function openableAt(now: UnixSeconds, epochSeconds: number): SlotRange {
  const grace = graceSeconds(epochSeconds);
  return {
    from: Math.floor((now - grace) / epochSeconds) - 1,
    to: Math.floor((now + grace) / epochSeconds),
  };
}

/**
 * Key ids follow from the slot: those of live slots, ten at most, are distinct, and no isolate has to be asked.
 * 0 to 253, X-Wing's even.
 */
export function keyIdOf(sequence: number, kemId: number): number {
  return (sequence % 127) * 2 + (kemId === KEM.X_WING ? 0 : 1);
}
