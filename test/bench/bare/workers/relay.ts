/** A relay that passes every envelope on, and every response back when it has arrived whole. */
import { CORS, GATEWAY_PATH, NO_STORE, OHTTP } from '../layout.ts';

interface Env {
  /** Origins by the path before `/ohttp`. */
  readonly GATEWAYS: Readonly<Record<string, string>>;
  readonly RELAY_TOKEN: string;
  readonly NETWORK: { fetch(url: string, init: RequestInit): Promise<Response> };
}

const HEADERS = { 'content-type': OHTTP.response, ...NO_STORE, ...CORS };

export default {
  async fetch(request: Request, { GATEWAYS, RELAY_TOKEN, NETWORK }: Env): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === '/health') return new Response(null, { headers: NO_STORE });
    const gateway = GATEWAYS[pathname.slice(0, -'/ohttp'.length)];
    const response = await NETWORK.fetch(gateway + GATEWAY_PATH, {
      method: 'POST',
      headers: { 'content-type': OHTTP.request, authorization: `Bearer ${RELAY_TOKEN}` },
      body: await request.arrayBuffer(),
      redirect: 'manual',
    });
    return new Response(await response.arrayBuffer(), { status: response.status, headers: HEADERS });
  },
};
