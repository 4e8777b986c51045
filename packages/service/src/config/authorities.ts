import type { ConfigValue } from './value.ts';

/**
 * Reads the certificates (PEM) of the authorities, one of which must have issued a peer's certificate.
 *
 * @param file - the path of their file
 * @throws {ConfigError}
 */
export function readAuthorities(file: ConfigValue, readFile: (path: string) => string): string {
  let pem = '';
  try {
    pem = readFile(file.text());
  } catch (cause) {
    return file.fail('must be the path of a file that this process can read', { cause });
  }
  return pem.includes('-----BEGIN CERTIFICATE-----') ? pem : file.fail('must be certificates in PEM');
}
