import { decodeBundle } from '@sotto/bundle';
import { decodeDirectory, type DirectoryKey } from '@sotto/privacypass';
import type { ScheduledEpoch } from '@sotto/redemption';
import { hex, type Bytes } from '@sotto/wire';
import { withPublicKeys, type VoucherKeys } from './voucher-keys.ts';

/**
 * Whether a bundle names keys that the issuer does not have: it lost its store, or restored an old one. Clients that
 * hold the bundle are issued nothing.
 *
 * @param known - keys of vouchers that are public: a bundle has to name these, even if they are lost
 */
export function namesLostKeys(
  bundle: Bytes,
  { directory, refill }: ScheduledEpoch,
  known: VoucherKeys,
): boolean {
  const present = new Set(decodeDirectory(directory).tokenKeys.map(keyText));
  const { extension, directory: named, sequence } = decodeBundle(bundle);
  const wanted = withPublicKeys(refill, sequence, known)?.keys.map(hex);
  return (
    decodeDirectory(named).tokenKeys.some((key) => !present.has(keyText(key))) ||
    (extension?.refill?.keys ?? []).some((key, i) => hex(key) !== wanted?.[i])
  );
}

const keyText = ({ tokenType, tokenKey, notBefore, service }: DirectoryKey): string =>
  [tokenType, hex(tokenKey), notBefore, service].join(' ');

/**
 * For the operator: what happened to the bundle of an epoch, and what to do.
 *
 * @param isPublic - whether clients or a log have the bundle, so that it stays
 */
export function lostKeysProblem(epochIndex: number, isPublic: boolean): string {
  return isPublic
    ? `bundle ${epochIndex}: names issuer keys that are lost, and clients or a log have it. No tokens are issued in its epoch; sign the next bundles before it ends`
    : `bundle ${epochIndex}: named issuer keys that are lost, so its signature was withdrawn. Sign it again with \`sotto bundle sign\``;
}
