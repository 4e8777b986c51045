import { COMMON, type Command, type OptionSpecs } from './command.ts';
import type { Io } from './io.ts';
import { styled } from './style.ts';
import { table } from './table.ts';

const STATUSES =
  'Exit status: 0 done, 1 failed or a fault was found, 2 wrong usage, 3 inconclusive or unreachable, 4 nothing found.';

/** The help of all commands. */
export function overview(commands: readonly Command[], io: Io): string[] {
  return [
    `${heading(io, 'Usage:')} sotto COMMAND [OPTION…]`,
    '',
    ...list(commands.map(({ name, summary }) => [name, summary])),
    ...list([
      ['help COMMAND', 'print the help of a command; also COMMAND --help'],
      ['--version', 'print the version'],
    ]),
    '',
    'Without URLs a command uses the profile `default`, or else the local suite of `npm start` on the same PORT.',
    STATUSES,
  ];
}

/** The help of a group of commands, such as `keys`. */
export function groupHelp(group: string, commands: readonly Command[], io: Io): string[] {
  return [
    `${heading(io, 'Usage:')} sotto ${group} COMMAND [OPTION…]`,
    '',
    ...list(commands.map(({ name, summary }) => [name, summary])),
    '',
    `\`sotto help ${group} COMMAND\` prints more.`,
  ];
}

/** The help of one command. */
export function commandHelp(
  { name, synopsis, summary, details, options, examples }: Command,
  io: Io,
): string[] {
  return [
    `${heading(io, 'Usage:')} sotto ${name}${synopsis === '' ? '' : ` ${synopsis}`} [OPTION…]`,
    '',
    `${summary[0]?.toUpperCase()}${summary.slice(1)}.`,
    ...(details === undefined ? [] : ['', details]),
    '',
    heading(io, 'Options:'),
    ...optionList({ ...options, ...COMMON }),
    '',
    heading(io, 'Examples:'),
    ...examples.flatMap(([line, does]) => [`  sotto ${line}`, `      ${does}`]),
  ];
}

function optionList(options: OptionSpecs): string[] {
  return list(
    Object.entries(options).map(([name, { short, value, text, multiple }]) => [
      `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
      multiple === true ? `${text}; repeatable` : text,
    ]),
  );
}

const list = (rows: readonly (readonly string[])[]): string[] => table(rows).map((line) => `  ${line}`);
const heading = (io: Io, text: string): string => styled(io, 'bold', text);
