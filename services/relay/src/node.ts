// The relay as a Node process. specs/deployment.md lists its variables.
import { runService } from '@sotto/service/node';
import { serveRelay } from './node/serve.ts';
import { readSettings } from './node/settings.ts';

await runService({ service: 'relay', minimumNode: '20.20' }, async ({ variables, clock, onStop, warn }) => {
  const serving = await serveRelay(readSettings(variables), clock, warn);
  onStop(serving.close);
  return serving.origin;
});
