import { parseArgs, type ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{ options: T }>>['values'];

/** A script's flags. `--help` and flags that it has not end the process, with its usage: 0 and 2. */
export function flags<const T extends Options>(usage: string, options: T): Values<T> {
  if (process.argv.slice(2).includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    const [line = ''] = (error as Error).message.split('\n');
    console.error(`${line}\n\n${usage}`);
    return process.exit(2);
  }
}
