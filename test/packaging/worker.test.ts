import { afterAll, expect, inject } from 'vitest';
import { cell, folderOf, outputOf, tryInstall } from './support/cells.ts';
import { removeAll } from './support/npm.ts';

afterAll(removeAll);

cell({ consumer: 'Worker as a client', runtime: 'workerd' }, async (context) => {
  const installed = await tryInstall('worker', inject('registry'), ['@sotto/client', '@sotto/ohttp']);
  const cwd = folderOf(installed, context);
  const local = JSON.stringify(inject('suite'));
  const env = { CLOUDFLARE_CF_FETCH_ENABLED: 'false' }; // miniflare downloads Request.cf otherwise
  expect(await outputOf(process.execPath, ['run.js', local], { cwd, env })).toContain('😺');
});
