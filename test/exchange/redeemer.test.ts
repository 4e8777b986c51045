import { redeemerContract } from '../../services/gateway/test/support/redeemer-contract.ts';
import { World } from '../../services/issuer/test/support/world.ts';

/** The gateway's fake redeemer passes this contract; here the issuer does. */
redeemerContract('the issuer', async () => {
  const world = new World();
  const tokens = [...(await world.draw(5))];
  return {
    redeemer: { redeem: (redemption) => world.issuer.redeem(redemption) },
    mint: async () => tokens.pop() as (typeof tokens)[number],
  };
});
