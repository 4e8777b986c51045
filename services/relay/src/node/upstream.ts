import http from 'node:http';
import https from 'node:https';
import { sendOnce } from '@sotto/http/node';
import type { Send } from '../exchange.ts';

const IDLE_MS = 4000; // less than the 5 s after which Node's own server closes an idle connection

/** The relay's `fetch` on Node, over connections that it keeps. */
export function upstream(): Send {
  const options = { keepAlive: true, timeout: IDLE_MS, scheduling: 'fifo' } as const;
  const agents = { http: new http.Agent(options), https: new https.Agent(options) };
  return (url, init) => sendOnce(url, init, { agent: url.startsWith('https:') ? agents.https : agents.http });
}
