export interface SearchBoxOptions {
  /** Asks the network. */
  readonly search: (query: string) => Promise<unknown>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Runs once after so many milliseconds, unless what it returns is called before. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** No request before a pause this long: 600 ms. A shorter one is not taken. */
  readonly idleMs?: number;
  /** Requests in any 60 seconds: 20. */
  readonly perMinute?: number;
}

export interface SearchBox {
  /** The text has changed. */
  typed(text: string): void;
  /** The user asked for it: Enter, or a button. */
  submitted(text: string): void;
  /** Nothing more is sent. */
  stop(): void;
}

const IDLE = 600; // milliseconds
const LEAST = 2; // characters, unless submitted
const APART = 2000; // milliseconds
const PER_MINUTE = 20;
const MINUTE = 60_000; // milliseconds

interface Sent {
  readonly query: string;
  readonly at: number;
  readonly submitted: boolean;
  failed: boolean;
}

/**
 * Decides when a search box may ask the network (privacy L4). A request a key would spell the query out by its
 * rhythm and tie one person's requests together, so: none before submit or a pause; never two of which one begins
 * with the other within two seconds, unless both were submitted; and so many a minute, whatever happens.
 */
export function searchBox(options: SearchBoxOptions): SearchBox {
  const { search, now, after, perMinute = PER_MINUTE } = options;
  const idle = Math.max(IDLE, options.idleMs ?? IDLE);
  const sent: Sent[] = [];
  let cancel: (() => void) | null = null;

  const send = (query: string, submitted: boolean): void => {
    const one: Sent = { query, at: now(), submitted, failed: false };
    sent.push(one);
    if (sent.length > perMinute) sent.shift();
    search(query).catch(() => {
      one.failed = true;
    });
  };

  /** The first time at which this may be sent. */
  const earliest = (query: string, submitted: boolean): number => {
    const last = sent.at(-1);
    const near = last !== undefined && adjacent(last.query, query) && !(submitted && last.submitted);
    const full = sent.length >= perMinute ? (sent[0]?.at ?? 0) + MINUTE : 0;
    return Math.max(now() + (submitted ? 0 : idle), near ? last.at + APART : 0, full);
  };

  const schedule = (text: string, submitted: boolean): void => {
    cancel?.();
    cancel = null;
    const query = text.trim();
    const last = sent.at(-1);
    if (query === '' || (query === last?.query && !(submitted && last.failed))) return;
    if (!submitted && Array.from(query).length < LEAST) return;
    const wait = earliest(query, submitted) - now();
    if (wait <= 0) send(query, submitted);
    else cancel = after(wait, () => send(query, submitted));
  };

  return {
    typed: (text) => schedule(text, false),
    submitted: (text) => schedule(text, true),
    stop: () => cancel?.(),
  };
}

/** Whether one begins with the other: what a person who goes on typing would send. */
function adjacent(a: string, b: string): boolean {
  const [one, other] = [a.toLowerCase(), b.toLowerCase()];
  return one.startsWith(other) || other.startsWith(one);
}
