import { decodeBundle } from '@sotto/bundle';
import { decodeDirectory, type DirectoryKey } from '@sotto/privacypass';
import type { ScheduledEpoch } from '@sotto/redemption';
import { hex, type Bytes } from '@sotto/wire';

/**
 * Whether a bundle names keys that the issuer does not have: it lost its store, or restored an old one. Clients that
 * hold the bundle are issued nothing.
 */
export function namesLostKeys(bundle: Bytes, { directory }: ScheduledEpoch): boolean {
  const present = new Set(decodeDirectory(directory).tokenKeys.map(keyText));
  return decodeDirectory(decodeBundle(bundle).directory).tokenKeys.some((key) => !present.has(keyText(key)));
}

const keyText = ({ tokenType, tokenKey, notBefore, service }: DirectoryKey): string =>
  [tokenType, hex(tokenKey), notBefore, service].join(' ');

/** For the operator: what happened to the bundle of an epoch, and what to do. */
export function lostKeysProblem(epochIndex: number, isCurrent: boolean): string {
  return isCurrent
    ? `bundle ${epochIndex}: names issuer keys that are lost, and clients have it. No tokens are issued until the next epoch; sign the next bundles before`
    : `bundle ${epochIndex}: named issuer keys that are lost, so its signature was withdrawn. Sign it again with \`sotto bundle sign\``;
}
