import { COMPILE_CACHE, fillCompileCache } from './compile-cache.ts';
import { prepare } from '../../services/local/src/prepare.ts';

/** Runs once before all tests: generates the files that the Workers import and git ignores. */
export default async function setup(): Promise<void> {
  await prepare((line) => console.log(line));
  Object.assign(process.env, COMPILE_CACHE);
  await fillCompileCache();
}
