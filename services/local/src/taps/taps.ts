import type { PassedMessage } from './http-reader.ts';
import type { PassedRequest } from './tcp-tap.ts';
import { gatewayView, issuerView, relayView, stickersView, type PartyView, type Redeemed } from './views.ts';

export interface Shown {
  /** Rises by one with each search that was seen whole. */
  readonly sequence: number;
  /** How many messages each party was sent so far: what rose during a search tells who saw something of it. */
  readonly counts: Readonly<Record<'relay' | 'gateway' | 'issuer' | 'stickers', number>>;
  readonly relay?: PartyView;
  readonly gateway?: PartyView;
  readonly issuer?: PartyView;
  readonly stickers?: PartyView;
}

const NONE = { relay: 0, gateway: 0, issuer: 0, stickers: 0 };
export const NOTHING_SEEN: Shown = { sequence: 0, counts: NONE };

/**
 * What passed between the parts during the last search. It holds one exchange in memory and no more,
 * and it exists in the local suite alone: no Worker has a line of code for it.
 */
export class Taps {
  readonly #counts = { ...NONE };
  #atRelay: PassedRequest | null = null;
  #atGateway: PassedRequest | null = null;
  #atStickers: PassedMessage | null = null;
  #drawn: PassedRequest | null = null;
  #redeemed: Redeemed | null = null;

  readonly toRelay = (request: PassedRequest): void => {
    if (!request.startLine.startsWith('POST ')) return;
    this.#atRelay = request;
    this.#counts.relay++;
  };

  readonly toGateway = (request: PassedRequest): void => {
    if (!request.startLine.startsWith('POST /.well-known/ohttp-gateway')) return;
    this.#atGateway = request;
    this.#atStickers = null; // what comes of this one is still to come
    this.#redeemed = null;
    this.#counts.gateway++;
  };

  readonly toIssuer = (request: PassedRequest): void => {
    if (!request.startLine.startsWith('POST /token-request')) return;
    this.#drawn = request;
    this.#counts.issuer++;
  };

  readonly redeemed = (redeemed: Redeemed): void => {
    this.#redeemed = redeemed;
    this.#counts.issuer++;
  };

  readonly toStickers = (request: PassedMessage): void => {
    this.#atStickers = request;
    this.#counts.stickers++;
  };

  show(): Shown {
    return {
      sequence: this.#counts.stickers,
      counts: { ...this.#counts },
      ...(this.#atRelay && { relay: relayView(this.#atRelay) }),
      ...(this.#atGateway && { gateway: gatewayView(this.#atGateway, this.#atStickers) }),
      ...((this.#drawn ?? this.#redeemed) && { issuer: issuerView(this.#drawn, this.#redeemed) }),
      ...(this.#atStickers && { stickers: stickersView(this.#atStickers) }),
    };
  }
}
