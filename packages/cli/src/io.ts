/** What a command is given: arguments aside, all that it may touch. */
export interface Io {
  /** One line on standard output. */
  readonly out: (line: string) => void;
  /** One line on standard error. */
  readonly err: (line: string) => void;
  readonly fetch: typeof fetch;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths start from. */
  readonly cwd: string;
  /** Whether standard output is a terminal, and how wide. */
  readonly columns: number | null;
}

/** 0: done; 1: it failed; 2: wrong usage. */
export type Status = 0 | 1 | 2;

/** A command: its words after the name, in; exit status, out. */
export type Command = (argv: readonly string[], io: Io) => Promise<Status>;
