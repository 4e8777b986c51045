import { vi } from 'vitest';
import { nodeHpke } from '@sotto/ohttp/node';
import { implementations } from './implementations.ts';
import { byMock, byNoble, bySubtle } from './ml-kem-seeds.ts';
import { wycheproofDecaps, wycheproofEncaps } from './wycheproof-ml-kem-cases.ts';

vi.mock('@noble/hashes/sha3.js', async (original) =>
  (await import('./ml-kem-seeds.ts')).knowingSeeds(await original()),
);

for (const [name, hpke] of implementations) wycheproofEncaps(name, hpke);
wycheproofDecaps('noble', byNoble);
wycheproofDecaps('webcrypto', bySubtle);
wycheproofDecaps('node', byMock(nodeHpke()));
