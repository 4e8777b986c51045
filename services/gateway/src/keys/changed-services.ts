import { decodeBundle, type Bundle } from '@sotto/bundle';
import { base64url, type Bytes } from '@sotto/wire';

/** Whether a signed bundle names other services, another next root or provider than the configuration does now. */
export function hasOtherServices(signed: Bytes, wanted: Bundle): boolean {
  return textOf(decodeBundle(signed)) !== textOf(wanted);
}

function textOf({ services, nextRoot, extension }: Bundle): string {
  const rows = services.map((entry) => ({ ...entry, challenge: base64url(entry.challenge) }));
  const sorted = (row: object): unknown[] => Object.entries(row).toSorted(byName);
  const { classes = [], provider = null, refill = null } = extension ?? {};
  const { keys: _keys, pack = [], ...numbers } = refill ?? {};
  return JSON.stringify([
    base64url(nextRoot),
    rows.map(sorted),
    classes.map(sorted),
    provider,
    sorted(numbers),
    pack.map(sorted),
  ]);
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

/** For the operator: what happened to the bundle of an epoch, and what to do. */
export function otherServicesProblem(epochIndex: number): string {
  return `bundle ${epochIndex}: differs from SERVICES, NEXT_ROOT or PROVIDER as they are now, so its signature was withdrawn. Sign it again with \`sotto bundle sign\``;
}
