import { nodeKeyStore, nodeReplayStore } from './support/house.ts';
import { keyStoreContract, replayStoreContract } from './support/store-contract.ts';

keyStoreContract('node:sqlite', () => nodeKeyStore());
replayStoreContract('node:sqlite', () => nodeReplayStore(3));
