/** The relay as a Node process: settings from the environment, one line when it is ready, none after. */
import { ConfigError } from './config.ts';
import { serve } from './node/serve.ts';
import { readSettings } from './node/settings.ts';

process.stdout.on('error', () => {}); // nobody may be reading
process.stderr.on('error', () => {});

try {
  const serving = await serve({ ...readSettings(process.env), now: Date.now });
  console.log(`ready ${serving.origin}`);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void serving.close().then(() => process.exit(0)));
  }
} catch (error) {
  console.error(
    `relay: ${error instanceof ConfigError ? error.message : (error as NodeJS.ErrnoException).code}`,
  );
  process.exitCode = 1;
}
