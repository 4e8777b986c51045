/** A gateway of other authors, and the rows at the level of MUST that this version fails; checked by hand on 26 November 2026. */
export interface ForeignGateway {
  readonly name: string;
  readonly fails: readonly string[];
}

/** It reports an unknown authority and a malformed message outside of the envelope, and ignores an expectation. */
export const GATEWAY: ForeignGateway = {
  name: 'the crate ohttp-gateway 1.0.2',
  fails: ['9458/5.2/3', '9458/5.1/1', '9292/4/1'],
};

/** It does the same, and responds to a chunked request with the media type of one that is not chunked. */
export const OPENPCC: ForeignGateway = {
  name: 'github.com/openpcc/ohttp v0.0.37',
  fails: ['9458/5.2/3', '9458/5.1/1', '9292/4/1', 'chunked/3/1'],
};

/** The server around these crates is ours (ohttp-crate/src/main.rs). */
export const CRATE: ForeignGateway = { name: 'the crates ohttp and bhttp 0.7.2', fails: [] };

export const FOREIGN: readonly ForeignGateway[] = [OPENPCC, CRATE, GATEWAY];
