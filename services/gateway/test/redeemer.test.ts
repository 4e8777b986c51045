import { random } from './support/house.ts';
import { redeemerContract } from './support/redeemer-contract.ts';
import { fakeIssuer } from './support/tokens.ts';

redeemerContract('the fake of these tests', async () => {
  const redeemer = fakeIssuer(random);
  return { redeemer, mint: async () => redeemer.mint('stickers', new Uint8Array(40)) };
});
