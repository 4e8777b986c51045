import { PROBLEM_TYPE, problemText, type Problem } from '@sotto/http';

/** What an answer tells its client: all of it that a constant fixes. */
export async function told(response: Response): Promise<Record<string, unknown>> {
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    cache: response.headers.get('cache-control'),
    origin: response.headers.get('access-control-allow-origin'),
    body: await response.text(),
  };
}

/** What {@link told} gives for a problem. */
export function problem(of: Problem): Record<string, unknown> {
  return {
    status: of.status,
    type: PROBLEM_TYPE,
    cache: 'no-store',
    origin: '*',
    body: problemText(of),
  };
}

/** Waits until something holds, or so many milliseconds: whether it did. */
export async function eventually(holds: () => boolean, ms = 10_000): Promise<boolean> {
  for (const end = Date.now() + ms; !holds() && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return holds();
}
