// A suite in a process of its own, so that a test can kill it: its options come as JSON in SUITE, secrets and
// storage are in the folder that they name. Prints `ready` once every part responds.
import { storedSecrets } from '../../services/local/src/secrets.ts';
import { startSuite, type SuiteOptions } from '../../services/local/src/suite.ts';

const { persist = '', ...options } = JSON.parse(process.env['SUITE'] ?? '{}') as SuiteOptions;
await startSuite({ ...options, persist, secrets: await storedSecrets(persist) });
process.stdout.write('ready\n');
