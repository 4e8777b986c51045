import { memoryStores } from './support/gateway.ts';
import { keyStoreContract, replayStoreContract } from './support/store-contract.ts';

keyStoreContract('node:sqlite', () => memoryStores().keys);
replayStoreContract('node:sqlite', () => memoryStores(3).replays);
