import type { PassedMessage } from './http-reader.ts';
import type { PassedRequest } from './tcp-tap.ts';
import { gatewayView, issuerView, relayView, stickersView, type PartyView, type Redeemed } from './views.ts';

export interface Shown {
  /** Rises by one with each search that was seen whole. */
  readonly sequence: number;
  readonly relay?: PartyView;
  readonly gateway?: PartyView;
  readonly issuer?: PartyView;
  readonly stickers?: PartyView;
}

/**
 * What passed between the parts during the last search. It holds one exchange in memory and no more,
 * and it exists in the local suite alone: no Worker has a line of code for it.
 */
export class Taps {
  #sequence = 0;
  #atRelay: PassedRequest | null = null;
  #atGateway: PassedRequest | null = null;
  #atStickers: PassedMessage | null = null;
  #drawn: PassedRequest | null = null;
  #redeemed: Redeemed | null = null;

  readonly toRelay = (request: PassedRequest): void => {
    if (request.startLine.startsWith('POST ')) this.#atRelay = request;
  };

  readonly toGateway = (request: PassedRequest): void => {
    if (request.startLine.startsWith('POST /.well-known/ohttp-gateway')) this.#atGateway = request;
  };

  readonly toIssuer = (request: PassedRequest): void => {
    if (request.startLine.startsWith('POST /token-request')) this.#drawn = request;
  };

  readonly redeemed = (redeemed: Redeemed): void => {
    this.#redeemed = redeemed;
  };

  readonly toStickers = (request: PassedMessage): void => {
    this.#atStickers = request;
    this.#sequence++;
  };

  show(): Shown {
    return {
      sequence: this.#sequence,
      ...(this.#atRelay && { relay: relayView(this.#atRelay) }),
      ...(this.#atGateway && this.#atStickers && { gateway: gatewayView(this.#atGateway, this.#atStickers) }),
      ...((this.#drawn ?? this.#redeemed) && { issuer: issuerView(this.#drawn, this.#redeemed) }),
      ...(this.#atStickers && { stickers: stickersView(this.#atStickers) }),
    };
  }
}
