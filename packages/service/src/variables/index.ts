import { GATEWAY_VARIABLES } from './gateway.ts';
import { ISSUER_VARIABLES } from './issuer.ts';
import { NODE_VARIABLES } from './node.ts';
import { RELAY_VARIABLES } from './relay.ts';
import { SHARED_VARIABLES } from './shared.ts';
import { WITNESS_VARIABLES } from './witness.ts';

export { PROVIDER_NAME } from './shared.ts';
export { defaultFor, type Platform, type ServiceName, type Variable } from './variable.ts';

/** Every variable of every service by its name. */
export const VARIABLES = {
  ...SHARED_VARIABLES,
  ...RELAY_VARIABLES,
  ...GATEWAY_VARIABLES,
  ...ISSUER_VARIABLES,
  ...WITNESS_VARIABLES,
  ...NODE_VARIABLES,
};
