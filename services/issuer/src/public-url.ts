import type { ConfigValue } from '@sotto/service/config';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * An https URL without credentials or fragment; in a local suite also http on loopback.
 *
 * @throws {ConfigError}
 */
export function readPublicUrl(value: ConfigValue, isLocal: boolean): URL {
  const url = value.url('must be an https URL');
  const isLoopback = LOOPBACK.has(url.hostname);
  const isPlainAllowed = isLocal && url.protocol === 'http:' && isLoopback;
  if (url.protocol !== 'https:' && !isPlainAllowed) return value.fail('must be an https URL');
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    return value.fail('must be a URL without user name, password and fragment');
  }
  if (!isLocal && isLoopback) {
    return value.fail('is a loopback address, which others cannot reach. Use a public name, or LOCAL=true');
  }
  return url;
}
