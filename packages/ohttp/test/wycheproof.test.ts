import { implementations } from './implementations.ts';
import { wycheproof, wycheproofHmac } from './wycheproof-cases.ts';

for (const [name, hpke] of implementations) wycheproof(name, hpke);
wycheproofHmac();
