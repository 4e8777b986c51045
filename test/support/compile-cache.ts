import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** For the environment of child processes: Node keeps compiled modules there, which halves the time of a start. */
export const COMPILE_CACHE = { NODE_COMPILE_CACHE: path.join(ROOT, 'node_modules/.cache/node') } as const;

/** Compiles the services, because a process that a test kills stores nothing. Without variables each ends at once. */
export async function fillCompileCache(): Promise<void> {
  const ended = ['relay', 'gateway', 'issuer', 'witness'].map(async (service) => {
    const entry = path.join(ROOT, `services/${service}/src/node.ts`);
    await once(spawn(process.execPath, [entry], { env: { ...COMPILE_CACHE }, stdio: 'ignore' }), 'exit');
  });
  await Promise.all(ended);
}
