import { COMMON, type Command, type OptionSpecs } from '../../packages/cli/src/command.ts';
import { COMMANDS } from '../../packages/cli/src/run.ts';
import { code, page, table } from './markdown.ts';

const optionRows = (options: OptionSpecs): string[][] =>
  Object.entries(options).map(([name, { short, value, text, multiple }]) => [
    code(`${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`),
    `${text}${multiple === true ? '; repeatable' : ''}`,
  ]);

function section({ name, synopsis, summary, details, options, examples }: Command): string[] {
  const own = optionRows(options);
  return [
    `## sotto ${name}`,
    '',
    `${code(['sotto', name, synopsis, '[OPTION…]'].filter((word) => word !== '').join(' '))}: ${summary}.`,
    ...(details === undefined ? [] : ['', details]),
    '',
    ...(own.length === 0 ? [] : [...table(['option', 'meaning'], own), '']),
    ...table(
      ['example', 'what it does'],
      examples.map(([line, does]) => [code(`sotto ${line}`), does]),
    ),
    '',
  ];
}

/** The page of all commands and options of the command line. */
export function cliPage(): string {
  return page('Command line', 'Every command of `sotto`, with its options.', [
    '## Options of every command',
    '',
    ...table(['option', 'meaning'], optionRows(COMMON)),
    '',
    ...COMMANDS.flatMap(section),
    '## Exit statuses',
    '',
    'Every command of `sotto`, and every `npm run` command of this repository that checks something, ends with one of these:',
    '',
    ...table(
      ['status', 'meaning'],
      [
        ['0', 'done'],
        ['1', 'failed, or a check found a fault'],
        ['2', 'wrong usage'],
        ['3', 'inconclusive, not run, or unreachable'],
        ['4', 'nothing found'],
      ],
    ),
  ]);
}
