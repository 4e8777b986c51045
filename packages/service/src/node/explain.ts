import { ConfigError } from '../config/index.ts';

/** Errors of the system at start-up: the cause and the remedy. */
const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there. Stop it, or set another port',
  EADDRNOTAVAIL: 'this machine does not have this address. Use 127.0.0.1, 0.0.0.0 or one of its own',
  ENOTFOUND: 'HOST: this name has no address. Use an address of this machine',
  EAI_AGAIN: 'HOST: this name could not be looked up. Use an address of this machine',
  EACCES:
    'the system refuses access. For a port below 1024 the process needs a privilege; for a file, its owner',
  EMFILE: 'too many open files. Raise the limit of the process (ulimit -n)',
  ENOSPC: 'the disk is full',
};

interface SystemError {
  readonly name?: string;
  readonly code?: unknown;
  /** Where it could not listen. */
  readonly address?: string;
  readonly port?: number;
}

/**
 * Why a service cannot start, in one line: place, cause and remedy.
 *
 * The text of an error that is not ours may quote a secret, so only its name and code are printed.
 */
export function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { name = 'Error', code, address, port } = (error ?? {}) as SystemError;
  if (typeof code !== 'string') return `cannot start (${name})`;
  if (/^ERR_(?:OSSL|SSL|TLS|CRYPTO)/.test(code)) {
    return `TLS_CERT_FILE, TLS_KEY_FILE: must be a certificate and its private key in PEM (${code})`;
  }
  const place = port === undefined ? '' : `${address}:${port}: `;
  return `${place}${REMEDIES[code] ?? 'cannot start'} (${code})`;
}
