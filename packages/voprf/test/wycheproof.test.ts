import { nodeEcdhVoprf } from '../src/ecdh.node.ts';
import { ecdhVoprf } from '../src/ecdh.ts';
import { nobleVoprf } from '../src/index.ts';
import { wycheproofEcdh } from './wycheproof-cases.ts';

wycheproofEcdh('noble', nobleVoprf('P384-SHA384'), 4);
wycheproofEcdh('webcrypto', ecdhVoprf(crypto.subtle), 4); // the workerd tests run all rows
wycheproofEcdh('node:crypto', nodeEcdhVoprf());
