import { searchBox } from '@sotto/client';

const GAPS = [80, 310, 45, 590, 120]; // milliseconds between keys: quick, slow, never a pause

/** A clock that a test advances, with its timers. */
class Clock {
  time = 0; // milliseconds
  #waiting: { readonly at: number; readonly run: () => void }[] = [];

  after(ms: number, run: () => void): () => void {
    const one = { at: this.time + ms, run };
    this.#waiting.push(one);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== one);
    };
  }

  pass(ms: number): void {
    this.time += ms;
    const due = this.#waiting.filter(({ at }) => at <= this.time);
    this.#waiting = this.#waiting.filter(({ at }) => at > this.time);
    for (const { run } of due) run();
  }
}

/** Types a query key by key into the client's search box, submits it, and stays for a minute. */
export async function typeAndSubmit(
  query: string,
  search: (query: string) => Promise<unknown>,
  gaps: readonly number[] = GAPS,
): Promise<void> {
  const clock = new Clock();
  const asked: Promise<unknown>[] = [];
  const box = searchBox({
    search: (text) => {
      const answer = search(text);
      asked.push(answer);
      return answer;
    },
    now: () => clock.time,
    after: (ms, run) => clock.after(ms, run),
  });
  const keys = Array.from(query);
  for (const [i] of keys.entries()) {
    box.typed(keys.slice(0, i + 1).join(''));
    clock.pass(gaps[i % gaps.length] ?? 0);
  }
  box.submitted(query);
  clock.pass(60_000);
  await Promise.all(asked);
}
