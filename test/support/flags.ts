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

/** A flag's number, if it is one and above zero; else the process ends with a line that says which: 2. */
export function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (number > 0 && number < Infinity) return number;
  console.error(`--${name} takes a number above zero`);
  return process.exit(2);
}
