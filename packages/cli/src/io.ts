/** Everything that a command uses besides its arguments. */
export interface Io {
  /** Writes one line to standard output. */
  readonly out: (line: string) => void;
  /** Writes bytes to standard output. */
  readonly write: (bytes: Uint8Array) => void;
  /** Writes one line to standard error. */
  readonly err: (line: string) => void;
  /** Shows on a terminal that something takes long. An empty text clears it. */
  readonly progress: (text: string) => void;
  /** All of standard input. */
  readonly input: () => Promise<Uint8Array>;
  readonly fetch: typeof fetch;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths start here. */
  readonly cwd: string;
  /** Width of the terminal; null if standard output is not one. */
  readonly columns: number | null;
  /** Whether standard output shows colours. */
  readonly colors: boolean;
}

/** 0 done · 1 failed, or a check found a fault · 2 wrong usage · 3 inconclusive or unreachable · 4 nothing found. */
export type Status = 0 | 1 | 2 | 3 | 4;

const PROGRESS_MS = 1000;

/** The parts with which a command sends requests and reports those that fail. */
export type Network = Pick<Io, 'fetch' | 'err' | 'progress'>;

/** Shows a text while a task takes longer than a second. */
export async function withProgress<T>(io: Pick<Io, 'progress'>, text: string, task: Promise<T>): Promise<T> {
  const timer = setTimeout(() => io.progress(`${text}…`), PROGRESS_MS);
  try {
    return await task;
  } finally {
    clearTimeout(timer);
    io.progress('');
  }
}
