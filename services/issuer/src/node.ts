// The issuer on Node. This file chooses randomness, network and cryptography; specs/deployment.md lists its variables.
import { randomBytes } from 'node:crypto';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { runService } from '@sotto/service/node';
import { nodeEcdhVoprf } from '@sotto/voprf/ecdh-node';
import { sodiumVoprf } from '@sotto/voprf/sodium';
import { loadSodium } from '@sotto/voprf/sodium-node';

const voprf = {
  'ristretto255-SHA512': sodiumVoprf(await loadSodium()),
  'P384-SHA384': nodeEcdhVoprf(),
};

await runService({ service: 'issuer', minimumNode: '22.16' }, async (program) => {
  const { startIssuer } = await import('./node/start.ts'); // which loads node:sqlite
  return startIssuer(program, {
    system: {
      random: (length) => new Uint8Array(randomBytes(length)),
      date: (seconds) => new Date(seconds * 1000),
      pause: (milliseconds) => (milliseconds === 0 ? turn() : sleep(milliseconds)),
    },
    fetch,
    subtle: crypto.subtle,
    voprf,
  });
});
