import { nobleHpke } from '@sotto/ohttp/noble';
import { byNoble } from '../ml-kem-seeds.ts';
import { wycheproof, wycheproofHmac } from '../wycheproof-cases.ts';
import { wycheproofDecaps, wycheproofEncaps } from '../wycheproof-ml-kem-cases.ts';

const hpke = nobleHpke();
wycheproof('noble without crypto.subtle', hpke);
wycheproofEncaps('noble without crypto.subtle', hpke);
wycheproofDecaps('noble without crypto.subtle', byNoble);
wycheproofHmac();
