import type { WireMessage } from './http-reader.ts';
import type { TcpRequest } from './tcp-tap.ts';
import {
  gatewayView,
  issuerView,
  relayView,
  stickersView,
  type PartyView,
  type RedemptionRecord,
} from './views.ts';

/** What each party received during the last search. */
export interface TapReport {
  /** Increases by one with each search that reached the sticker service. */
  readonly sequence: number;
  /** Messages that each party has received so far; the difference over a search shows which parties it reached. */
  readonly counts: Readonly<Record<'relay' | 'gateway' | 'issuer' | 'stickers', number>>;
  readonly relay?: PartyView;
  readonly gateway?: PartyView;
  readonly issuer?: PartyView;
  readonly stickers?: PartyView;
}

const NONE = { relay: 0, gateway: 0, issuer: 0, stickers: 0 };
export const EMPTY_REPORT: TapReport = { sequence: 0, counts: NONE };

/**
 * Records the messages between the parts during the last search, one exchange in memory. It exists only in the local
 * suite: no Worker contains code for it.
 */
export class Taps {
  readonly #counts = { ...NONE };
  #relayRequest: TcpRequest | null = null;
  #gatewayRequest: TcpRequest | null = null;
  #stickersRequest: WireMessage | null = null;
  #issuance: TcpRequest | null = null;
  #redemption: RedemptionRecord | null = null;

  readonly toRelay = (request: TcpRequest): void => {
    if (!request.startLine.startsWith('POST ')) return;
    this.#relayRequest = request;
    this.#counts.relay++;
  };

  readonly toGateway = (request: TcpRequest): void => {
    if (!request.startLine.startsWith('POST /.well-known/ohttp-gateway')) return;
    this.#gatewayRequest = request;
    this.#stickersRequest = null; // this exchange has not reached them yet
    this.#redemption = null;
    this.#counts.gateway++;
  };

  readonly toIssuer = (request: TcpRequest): void => {
    if (!request.startLine.startsWith('POST /token-request')) return;
    this.#issuance = request;
    this.#counts.issuer++;
  };

  readonly redeemed = (redeemed: RedemptionRecord): void => {
    this.#redemption = redeemed;
    this.#counts.issuer++;
  };

  readonly toStickers = (request: WireMessage): void => {
    this.#stickersRequest = request;
    this.#counts.stickers++;
  };

  report(): TapReport {
    return {
      sequence: this.#counts.stickers,
      counts: { ...this.#counts },
      ...(this.#relayRequest && { relay: relayView(this.#relayRequest) }),
      ...(this.#gatewayRequest && { gateway: gatewayView(this.#gatewayRequest, this.#stickersRequest) }),
      ...((this.#issuance ?? this.#redemption) && { issuer: issuerView(this.#issuance, this.#redemption) }),
      ...(this.#stickersRequest && { stickers: stickersView(this.#stickersRequest) }),
    };
  }
}
