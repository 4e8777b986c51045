/**
 * Why this Node cannot run a service; null when it can.
 *
 * @param minimum - `major.minor`
 * @param version - of this Node, as `process.versions.node` has it
 */
export function nodeTooOld(minimum: string, version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = minimum.split('.').map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return null;
  return `needs Node ${minimum} or newer, and this is ${version}. Install a newer Node`;
}
