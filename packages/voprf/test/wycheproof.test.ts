import { nodeEcdhVoprf } from '../src/ecdh.node.ts';
import { ecdhVoprf } from '../src/ecdh.ts';
import { nobleVoprf } from '../src/index.ts';
import { wycheproofEcdh } from './wycheproof-cases.ts';

wycheproofEcdh('noble', nobleVoprf('P384-SHA384'), 3);
wycheproofEcdh('webcrypto', ecdhVoprf(crypto.subtle));
wycheproofEcdh('node:crypto', nodeEcdhVoprf());
