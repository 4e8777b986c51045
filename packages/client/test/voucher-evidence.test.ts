import { decodeBundle, decodeSignedBundle, refillKeysDiffer } from '@sotto/bundle';
import { fromBase64url } from '@sotto/wire';
import { describe, expect, test } from 'vitest';
import type { ClientError } from '../src/index.ts';
import { started } from './support/vouchers.ts';
import { DAY, type World } from './support/world.ts';

describe('a key of vouchers that changes', () => {
  test('V16 a key of an epoch that changes between two bundles is equivocation', async () => {
    const { world, client } = await started();
    world.now += DAY;
    changeKey(world);
    const error = await client.bundle().catch((cause: unknown) => cause as ClientError);
    expect(error).toMatchObject({ code: 'equivocation' });
    // Both bundles are evidence: the root signed each, and they name two keys of one epoch.
    const bundles = ((error as ClientError).evidence ?? []).map((text) => {
      const { bundle } = decodeSignedBundle(fromBase64url(text));
      return decodeBundle(bundle);
    });
    const [first, second] = bundles;
    if (first === undefined || second === undefined) throw new Error('no evidence');
    expect(second.sequence - first.sequence).toBe(1);
    expect(refillKeysDiffer(first, second)).toBe(true);
    expect(refillKeysDiffer(second, first)).toBe(true);
    expect(refillKeysDiffer(first, first)).toBe(false);
    await expect(client.bundle()).rejects.toMatchObject({ evidence: (error as ClientError).evidence });
  });

  test('V16 without the bundle from before, the changed key is refused and there is no evidence', async () => {
    const { world, wallet } = await started();
    await wallet.update((state) => {
      state.bundle = null;
    });
    world.now += DAY;
    changeKey(world);
    const reloaded = world.client({ wallet });
    await expect(reloaded.bundle()).rejects.toMatchObject({ code: 'equivocation', evidence: null });
  });
});

/** Every bundle from now on names another key of the epoch after the next. */
function changeKey(world: Pick<World, 'alter' | 'issuer'>): void {
  const { alter } = world;
  world.alter = (bundle) => {
    const whole = alter(bundle);
    const refill = whole.extension?.refill;
    if (whole.extension === null || !refill) throw new Error('no refills');
    const keys = refill.keys.map((key, i) => (i === 2 ? world.issuer.key(1).publicKey : key));
    return { ...whole, extension: { ...whole.extension, refill: { ...refill, keys } } };
  };
}
