// The witness on Node. specs/deployment.md lists its variables.
import { runService } from '@sotto/service/node';

await runService({ service: 'witness', minimumNode: '22.16' }, async (program) => {
  const { startWitness } = await import('./node/start.ts'); // which loads node:sqlite
  return startWitness(program);
});
