import { ecdhVoprf } from '../../src/ecdh.ts';
import { wycheproofEcdh } from '../wycheproof-cases.ts';

wycheproofEcdh('ecdh in workerd', ecdhVoprf(crypto.subtle));
