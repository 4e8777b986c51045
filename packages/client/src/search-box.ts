/** When a search box searches, and how. */
export interface SearchBoxOptions {
  /** Sends a search over the network. */
  readonly search: (query: string) => Promise<unknown>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Runs `run` once after this many milliseconds. Calling the returned function cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
  /** Pause in typing before a request, in milliseconds. Default and minimum: 600. */
  readonly idleMs?: number;
  /** Requests in any 60 seconds. Default: 20. */
  readonly perMinute?: number;
}

/** Decides when the text of a search box is sent. */
export interface SearchBox {
  /** The text has changed. */
  typed(text: string): void;
  /** The user submitted the search: Enter, or a button. */
  submitted(text: string): void;
  /** Cancels a scheduled search. */
  stop(): void;
}

const IDLE_MS = 600;
const MIN_CHARACTERS = 2; // unless submitted
const ADJACENT_MS = 2000;
const PER_MINUTE = 20;
const MINUTE_MS = 60_000;

interface SentQuery {
  readonly query: string;
  readonly at: number;
  readonly submitted: boolean;
  failed: boolean;
}

/**
 * Decides when a search box may send a request (privacy L4). One request per key would reveal the query by its rhythm
 * and link a person's requests. Therefore a request is sent only on submit or after a pause; of two queries, one of
 * which is a prefix of the other, the second is sent two seconds later at the earliest, unless both were submitted;
 * and there is a limit per minute.
 */
export function searchBox(options: SearchBoxOptions): SearchBox {
  const { search, now, after, perMinute = PER_MINUTE } = options;
  const idleMs = Math.max(IDLE_MS, options.idleMs ?? IDLE_MS);
  const sent: SentQuery[] = [];
  let cancel: (() => void) | null = null;

  const send = (query: string, submitted: boolean): void => {
    const one: SentQuery = { query, at: now(), submitted, failed: false };
    sent.push(one);
    if (sent.length > perMinute) sent.shift();
    search(query).catch(() => {
      one.failed = true;
    });
  };

  const earliest = (query: string, submitted: boolean): number => {
    const last = sent.at(-1);
    const near = last !== undefined && isAdjacent(last.query, query) && !(submitted && last.submitted);
    const full = sent.length >= perMinute ? (sent[0]?.at ?? 0) + MINUTE_MS : 0;
    return Math.max(now() + (submitted ? 0 : idleMs), near ? last.at + ADJACENT_MS : 0, full);
  };

  const schedule = (text: string, submitted: boolean): void => {
    cancel?.();
    cancel = null;
    const query = text.trim();
    const last = sent.at(-1);
    if (query === '' || (query === last?.query && !(submitted && last.failed))) return;
    if (!submitted && Array.from(query).length < MIN_CHARACTERS) return;
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

/** Whether one query is a prefix of the other, as when a person goes on typing. */
function isAdjacent(a: string, b: string): boolean {
  const [one, other] = [a.toLowerCase(), b.toLowerCase()];
  return one.startsWith(other) || other.startsWith(one);
}
