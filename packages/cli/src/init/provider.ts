import { PROVIDER_NAME } from '@sotto/service/variables';
import { UsageError, type OptionSpecs } from '../command.ts';
import type { Hosting } from './settings.ts';

export const PROVIDER_OPTION = {
  provider: {
    type: 'string',
    value: 'NAME',
    text: 'whose machines these are, like hetzner: cloudflare on Workers, your own without it',
  },
} as const satisfies OptionSpecs;

/**
 * The provider of the machines of an operator. Without a name it is Cloudflare for Workers, and otherwise the operator,
 * with a name made from the public host.
 *
 * @throws {UsageError} for a name that the services would refuse
 */
export function providerOf(given: string | undefined, hosting: Hosting, { hostname }: URL): string {
  if (given !== undefined) {
    if (PROVIDER_NAME.test(given)) return given;
    throw new UsageError('--provider must be one name of a-z, 0-9 and -, like hetzner');
  }
  if (hosting === 'workers') return 'cloudflare';
  const own = `own-${hostname.replaceAll(/[^a-z0-9]+/g, '-')}`;
  return own.slice(0, 63);
}

/** The notice for operator B about its provider. */
export const providerNotice = (provider: string): string =>
  `the gateway runs at ${provider}: a relay at the same provider serves nobody until its operator sets ALLOW_ONE_PROVIDER=true (sotto init a --allow-one-provider)`;

/**
 * The notice for operator A if both run at one provider; null if they do not, or if B's invite names none.
 *
 * @throws {UsageError} unless the option allows it
 */
export function oneProviderNotice(
  relay: string,
  gateway: string | undefined,
  isAllowed: boolean,
): string | null {
  if (relay !== gateway?.toLowerCase()) return null;
  const risk = `relay and gateway both run at ${relay}, which could combine what both see`;
  if (isAllowed) return `${risk}: tell your users that they trust it not to`;
  throw new UsageError(
    `${risk}. Run the relay elsewhere, or add --allow-one-provider and tell your users (--provider names another)`,
  );
}
