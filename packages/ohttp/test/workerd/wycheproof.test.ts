import { hpkeCoreHpke } from '@sotto/ohttp/hpke-core';
import { nobleHpke } from '@sotto/ohttp/noble';
import { webcryptoHpke } from '@sotto/ohttp/webcrypto';
import { byNoble, bySubtle } from '../ml-kem-seeds.ts';
import { wycheproof, wycheproofHmac } from '../wycheproof-cases.ts';
import { wycheproofDecaps, wycheproofEncaps } from '../wycheproof-ml-kem-cases.ts';

for (const [name, hpke] of [
  ['webcrypto in workerd', webcryptoHpke(crypto.subtle)],
  ['noble in workerd', nobleHpke()],
  ['@hpke/core', hpkeCoreHpke()],
] as const) {
  wycheproof(name, hpke);
  wycheproofEncaps(name, hpke);
}
wycheproofDecaps('webcrypto in workerd', bySubtle);
wycheproofDecaps('noble in workerd', byNoble);
wycheproofHmac();
