import fc from 'fast-check';

/**
 * One event for an issuer, its gateway, or the machine. Tokens are chosen by number, modulo those that were
 * issued.
 */
export type Operation =
  | { readonly kind: 'issue'; readonly account: number; readonly fate: Fate }
  | { readonly kind: 'reissue' } // the batch whose response was lost, requested again
  | { readonly kind: 'spend' | 'retry' | 'replay' | 'other'; readonly token: number; readonly fate: Fate }
  | { readonly kind: 'race'; readonly token: number; readonly width: number }
  | { readonly kind: 'advance' | 'back'; readonly seconds: number }
  | { readonly kind: 'rotate' | 'restart' | 'kill' | 'full' | 'room' | 'backup' | 'restore' };

/**
 * How far a call gets: complete; lost on its way; stored and then killed; complete, but the response is lost.
 */
export type Fate = 'whole' | 'dropped' | 'killed' | 'unheard';

const DAY = 86_400; // seconds
const fate = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fate>('whole') },
  { weight: 1, arbitrary: fc.constantFrom<Fate>('dropped', 'killed', 'unheard') },
);
const token = fc.nat(20);
const of = (kind: 'spend' | 'retry' | 'replay' | 'other') =>
  fc.record({ kind: fc.constant(kind), token, fate });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('issue' as const), account: fc.nat(1), fate }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'reissue' as const }) },
  { weight: 6, arbitrary: of('spend') },
  { weight: 4, arbitrary: of('retry') },
  { weight: 3, arbitrary: of('replay') },
  { weight: 4, arbitrary: of('other') },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('race' as const),
      token,
      width: fc.integer({ min: 2, max: 6 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('advance' as const),
      seconds: fc.constantFrom(1, 600, DAY / 2, DAY - 1, DAY, 2 * DAY),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('back' as const), seconds: fc.constantFrom(1, 7200) }),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      ...(['rotate', 'restart', 'kill', 'full', 'room', 'backup', 'restore'] as const).map((kind) => ({
        kind,
      })),
    ),
  },
);

/** A history: up to forty events in sequence. */
export const history: fc.Arbitrary<Operation[]> = fc.array(operation, { minLength: 4, maxLength: 40 });
