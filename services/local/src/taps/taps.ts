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

/** The messages that each party received. A party that received none is missing. */
export interface TapReport {
  /** Number of the last message that any party received. */
  readonly sequence: number;
  readonly relay?: PartyView;
  readonly gateway?: PartyView;
  readonly issuer?: PartyView;
  readonly stickers?: PartyView;
}

export const EMPTY_REPORT: TapReport = { sequence: 0 };

/** A message, and its number among the messages to all parties. */
interface Recorded<T> {
  readonly number: number;
  readonly message: T;
}

/**
 * Records the last message to each part, in memory. It exists only in the local suite: no Worker contains code for it.
 */
export class Taps {
  #sequence = 0;
  #relayRequest: Recorded<TcpRequest> | null = null;
  #gatewayRequest: Recorded<TcpRequest> | null = null;
  #stickersRequest: Recorded<WireMessage> | null = null;
  #issuance: Recorded<TcpRequest> | null = null;
  #redemption: Recorded<RedemptionRecord> | null = null;

  readonly toRelay = (request: TcpRequest): void => {
    if (request.startLine.startsWith('POST ')) this.#relayRequest = this.#record(request);
  };

  readonly toGateway = (request: TcpRequest): void => {
    if (!request.startLine.startsWith('POST /.well-known/ohttp-gateway')) return;
    this.#gatewayRequest = this.#record(request);
    this.#stickersRequest = null; // this exchange has not reached them yet
    this.#redemption = null;
  };

  readonly toIssuer = (request: TcpRequest): void => {
    if (/^POST \/(token|voucher)-request /.test(request.startLine)) this.#issuance = this.#record(request);
  };

  readonly redeemed = (redeemed: RedemptionRecord): void => {
    this.#redemption = this.#record(redeemed);
  };

  readonly toStickers = (request: WireMessage): void => {
    this.#stickersRequest = this.#record(request);
  };

  /**
   * @param since - leaves out every message up to this number. A caller that passes the `sequence` from before its
   * search gets what the parties received during that search, and nothing of an earlier one.
   */
  report(since = 0): TapReport {
    const after = <T>(recorded: Recorded<T> | null): T | null =>
      recorded !== null && recorded.number > since ? recorded.message : null;
    const relay = after(this.#relayRequest);
    const gateway = after(this.#gatewayRequest);
    const stickers = after(this.#stickersRequest);
    const [issuance, redemption] = [after(this.#issuance), after(this.#redemption)];
    return {
      sequence: this.#sequence,
      ...(relay && { relay: relayView(relay) }),
      ...(gateway && { gateway: gatewayView(gateway, stickers) }),
      ...((issuance ?? redemption) && { issuer: issuerView(issuance, redemption) }),
      ...(stickers && { stickers: stickersView(stickers) }),
    };
  }

  #record<T>(message: T): Recorded<T> {
    return { number: ++this.#sequence, message };
  }
}
