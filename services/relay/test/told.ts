import { PROBLEM_TYPE, problemText, type Problem } from '@sotto/http';

/** The parts of a response that a constant fixes, as its client receives them. */
export async function told(response: Response): Promise<Record<string, unknown>> {
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    cache: response.headers.get('cache-control'),
    origin: response.headers.get('access-control-allow-origin'),
    body: await response.text(),
  };
}

/** The result of {@link told} for a problem. */
export function problem(of: Problem): Record<string, unknown> {
  return {
    status: of.status,
    type: PROBLEM_TYPE,
    cache: 'no-store',
    origin: '*',
    body: problemText(of),
  };
}

/** Waits until a condition holds or the time is over. Returns whether it holds. */
export async function eventually(holds: () => boolean, ms = 60_000): Promise<boolean> {
  for (const end = Date.now() + ms; !holds() && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return holds();
}
