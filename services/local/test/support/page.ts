import type { servePage } from '../../src/page-server.ts';
import { EMPTY_REPORT } from '../../src/taps/taps.ts';

const URL_OF_NOTHING = 'http://127.0.0.1:1';

/** A page of a suite that does not run. */
export const EMPTY_PAGE: Parameters<typeof servePage>[1] = {
  urls: { relay: URL_OF_NOTHING, gateway: URL_OF_NOTHING, issuer: URL_OF_NOTHING, stickers: URL_OF_NOTHING },
  secrets: { root: 'root', operatorToken: 'token' },
  account: async () => 'account',
  policy: null,
  report: () => EMPTY_REPORT,
  epochSeconds: 86_400,
  origins: [],
};
