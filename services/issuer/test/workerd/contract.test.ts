import { issuerContract } from '../../../../packages/redemption/test/issuer-contract.ts';
import { oneToken, worker } from './objects.ts';

issuerContract('the issuer’s entrypoint on Workers', async () => ({
  issuer: worker.GatewayEntrypoint,
  mint: () => oneToken(),
}));
