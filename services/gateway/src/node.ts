// The gateway on Node. specs/deployment.md lists its variables.
import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { runService } from '@sotto/service/node';

await runService({ service: 'gateway', minimumNode: '22.16' }, async (program) => {
  const { startGateway } = await import('./node/start.ts'); // which loads node:sqlite
  return startGateway(program, {
    random: (length) => new Uint8Array(randomBytes(length)),
    resolve: (name) => lookup(name, { all: true }),
  });
});
