/**
 * - `corrupt-index`: a file of the catalogue is damaged, or of another version
 * - `unknown-locale`, `unknown-pack`: the catalogue does not have the locale or pack of the search
 * - `truncated`, `trailing`: a response that ends too early, or has bytes after its end
 */
export type SearchErrorCode = 'corrupt-index' | 'unknown-locale' | 'unknown-pack' | 'truncated' | 'trailing';

/** The only error that search throws; `code` is safe to switch on. */
export class SearchError extends Error {
  readonly code: SearchErrorCode;

  constructor(code: SearchErrorCode, message: string) {
    super(message);
    this.name = 'SearchError';
    this.code = code;
  }
}
