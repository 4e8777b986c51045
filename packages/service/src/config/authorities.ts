import type { ConfigValue } from './value.ts';

/**
 * Reads the authorities that a peer's certificate must be from, in PEM.
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
