import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test, type TestContext } from 'vitest';
import { folderOf, NOT_YET, outputOf, tryInstall } from './support/cells.ts';
import { removeAll } from './support/npm.ts';

const tarballs = inject('tarballs');
let tools = NOT_YET;

beforeAll(async () => {
  tools = await tryInstall('tools', inject('registry'), []);
});
afterAll(removeAll);

async function outputOfTool(context: TestContext, program: string, ...args: string[]): Promise<string> {
  const cwd = folderOf(tools, context);
  return outputOf(process.execPath, [path.join(cwd, 'node_modules', program), ...args], { cwd }).catch(
    (error: { stdout?: string; stderr?: string }) => {
      throw new Error(`${error.stdout}${error.stderr}`, { cause: error });
    },
  );
}

for (const { name, tarball } of tarballs) {
  test(`${name}: publint finds nothing`, async (context) => {
    const output = await outputOfTool(context, 'publint/src/cli.js', 'run', tarball, '--strict');
    expect(output).toContain('All good!');
  });
}

for (const { name, tarball } of tarballs.filter((one) => one.name !== '@sotto/cli')) {
  test(`${name}: the types of every entry resolve for ESM (attw)`, async (context) => {
    const attw = '@arethetypeswrong/cli/dist/index.js';
    const options = ['--profile', 'esm-only', '--format', 'ascii', '--no-emoji', '--no-color'];
    const output = await outputOfTool(context, attw, tarball, ...options);
    expect(output).toContain('node16 (from ESM): OK');
    expect(output).not.toMatch(/^ *(node16 \(from ESM\)|bundler): (?!OK)/m); // attw itself also ends with 1
  });
}
