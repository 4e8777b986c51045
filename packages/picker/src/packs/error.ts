/** What can go wrong with a pack that a person adds. */
export type PackErrorCode = 'unreadable' | 'too-large' | 'no-images' | 'not-stored';

/** An error of a personal pack. `message` is for developers; the picker has a text for each code. */
export class PackError extends Error {
  readonly code: PackErrorCode;

  constructor(code: PackErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PackError';
    this.code = code;
  }
}
