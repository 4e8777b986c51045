/** A service that answers every search with the same page. */
import { NO_STORE, pageOf } from '../layout.ts';

interface Env {
  readonly PAGE_TYPE: string;
  readonly PAGE_BYTES: number;
}

let page: Uint8Array<ArrayBuffer> | undefined;

export default {
  async fetch(request: Request, { PAGE_TYPE, PAGE_BYTES }: Env): Promise<Response> {
    await request.arrayBuffer();
    page ??= pageOf(PAGE_BYTES);
    return new Response(page, { headers: { 'content-type': PAGE_TYPE, ...NO_STORE } });
  },
};
