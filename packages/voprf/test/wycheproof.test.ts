import { nodeEcdhVoprf } from '../src/ecdh.node.ts';
import { ecdhVoprf } from '../src/ecdh.ts';
import { nobleVoprf } from '../src/index.ts';
import { wycheproofEcdh } from './wycheproof-cases.ts';

wycheproofEcdh('noble', nobleVoprf('P384-SHA384'), 4);
wycheproofEcdh('webcrypto', ecdhVoprf(crypto.subtle), 4); // all of them in workerd, where it is used
wycheproofEcdh('node:crypto', nodeEcdhVoprf());
