import type { IncomingMessage } from 'node:http';
import type { Serving } from '@sotto/http/node';
import { serve, type Clock } from '@sotto/service/node';
import { addressKey, lastElement } from '@sotto/service/address';
import { refuse } from '../response.ts';
import { relay } from '../app.ts';
import type { Settings } from './settings.ts';
import { tokenBuckets } from './token-bucket.ts';
import { upstream } from './upstream.ts';

/** The relay's app behind Node's own HTTP server, and the timer that fetches key bundles. */
export async function serveRelay(
  settings: Settings,
  clock: Clock,
  warn: (line: string) => void = () => {},
): Promise<Serving> {
  const { config, addressHeader } = settings;
  const {
    app: { fetch: pass },
    schedules,
  } = relay({
    config,
    send: upstream(),
    now: clock.now,
    sleep: clock.sleep,
    timeout: clock.deadline,
    byTimer: true,
    warn,
  });
  const buckets = tokenBuckets(settings.rate, clock.now);
  const serving = await serve({
    ...settings,
    streamMs: config.limits.streamMs,
    refuse,
    respond: (request, incoming) =>
      pass(request, {
        admit: (what) => buckets.take(`${what} ${addressKey(clientAddress(incoming, addressHeader))}`),
        get left() {
          return request.signal;
        },
        waitUntil: (work) => void work.catch(() => {}),
      }),
  });
  // One timer for each gateway, so that none has to wait for another gateway.
  const stops = schedules.map((schedule) => clock.repeat(schedule, config.bundleSeconds * 1000));
  return {
    ...serving,
    close() {
      for (const stop of stops) stop();
      return serving.close();
    },
  };
}

function clientAddress({ headers, socket }: IncomingMessage, header: string | undefined): string {
  if (header === undefined) return socket.remoteAddress ?? '';
  return lastElement(header, String(headers[header] ?? ''));
}
