import { COMMON, command, UsageError, type Command } from './command.ts';
import { noMore } from './arguments.ts';

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `_sotto() {
  local IFS=$'\\n'
  COMPREPLY=($(sotto __complete "\${COMP_WORDS[@]:1:COMP_CWORD}"))
}
complete -o default -F _sotto sotto`,
  zsh: `#compdef sotto
_sotto() {
  local -a candidates
  candidates=("\${(@f)$(sotto __complete "\${(@)words[2,CURRENT]}")}")
  if (( \${#candidates} )) && [[ -n \${candidates[1]} ]]; then compadd -a candidates; else _files; fi
}
compdef _sotto sotto`,
  fish: `complete -c sotto -f -a '(sotto __complete (commandline -opc)[2..] (commandline -ct))'`,
};

/** `sotto completion SHELL`. */
export const completion = command({
  name: 'completion',
  synopsis: 'bash|zsh|fish',
  summary: 'print the completion script of a shell',
  options: {},
  examples: [
    ['completion bash >> ~/.bashrc', 'completes commands and options in bash'],
    ['completion fish > ~/.config/fish/completions/sotto.fish', 'the same in fish'],
  ],
  run: async ({ words: [shell = '', ...rest] }, io) => {
    noMore(rest);
    const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
    if (script === undefined) throw new UsageError(`name a shell: ${Object.keys(SCRIPTS).join(', ')}`);
    io.out(script);
    return 0;
  },
});

/** The candidates for the last of these words: commands, then their options. */
export function candidates(commands: readonly Command[], words: readonly string[]): string[] {
  const before = words.slice(0, -1);
  const last = words.at(-1) ?? '';
  const spec = commands.find(({ name }) => isPrefix(name.split(' '), before));
  const names =
    spec === undefined
      ? nextWords(commands, before)
      : Object.keys({ ...spec.options, ...COMMON }).map((option) => `--${option}`);
  return [...new Set(names)].filter(
    (name) => name.startsWith(last) && (last !== '' || !name.startsWith('-')),
  );
}

const isPrefix = (parts: readonly string[], words: readonly string[]): boolean =>
  parts.every((part, i) => part === words[i]);

function nextWords(commands: readonly Command[], before: readonly string[]): string[] {
  const names = [...commands.map(({ name }) => name), 'help', '--version'];
  const skipped = before[0] === 'help' ? before.slice(1) : before;
  return names.flatMap((name) => {
    const parts = name.split(' ');
    const next = parts[skipped.length];
    return isPrefix(skipped, parts) && next !== undefined ? [next] : [];
  });
}
