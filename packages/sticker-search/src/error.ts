export type SearchErrorCode = 'corrupt-index' | 'unknown-locale' | 'unknown-pack';

/** The only error that search throws; `code` is safe to switch on. */
export class SearchError extends Error {
  readonly code: SearchErrorCode;

  constructor(code: SearchErrorCode, message: string) {
    super(message);
    this.name = 'SearchError';
    this.code = code;
  }
}
