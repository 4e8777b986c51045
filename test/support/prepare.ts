import { prepare } from '../../services/local/src/prepare.ts';

/** Runs once before all tests: what the Workers import and git does not keep is there. */
export default async function setup(): Promise<void> {
  await prepare((line) => console.log(line));
}
