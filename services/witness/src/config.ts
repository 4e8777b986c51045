import { checkRoot } from '@sotto/bundle';
import { ConfigError, refuseDuplicates, type ConfigValue, type Variables } from '@sotto/service/config';
import { readOperatorTokens, type OperatorTokens } from '@sotto/service/operator';
import {
  ED25519,
  parseVerifierKey,
  TlogError,
  verifierKeyOf,
  COSIGNATURE,
  type VerifierKey,
} from '@sotto/tlog';
import type { Bytes } from '@sotto/wire';

/** What a mirror requires of the entries of a log: each is the bundle of its epoch, signed by a root, or void. */
export interface BundleRules {
  /** The epoch of the first entry. */
  readonly base: number;
  readonly roots: readonly Bytes[];
}

/** A log whose checkpoints are cosigned. */
export interface WitnessedLog {
  readonly key: VerifierKey;
  /** For a mirror; null for a witness that sees hashes only. */
  readonly bundles: BundleRules | null;
}

export interface Config {
  readonly name: string;
  /** Ed25519 seed, 32 bytes. */
  readonly secret: Bytes;
  readonly logs: ReadonlyMap<string, WitnessedLog>;
  /** Whether this witness stores and serves the entries of its logs (C2SP tlog-mirror). */
  readonly isMirror: boolean;
  readonly operators: OperatorTokens;
}

/** @throws {ConfigError} for anything that is missing or wrong */
export function readConfig(variables: Variables): Config {
  const secret = variables.key('WITNESS_KEY');
  const name = readName(variables, secret);
  const rows = variables.json('LOGS').list();
  const logs = rows.map(readLog);
  refuseDuplicates(rows.map((row) => row.member('key')));
  const mirrored = logs.filter(({ bundles }) => bundles !== null).length;
  if (mirrored !== 0 && mirrored !== logs.length) {
    throw new ConfigError(
      'LOGS',
      'must have "base" and "roots" in every row or in none. Run a second witness',
    );
  }
  const byOrigin = new Map(logs.map((log) => [log.key.name, log]));
  if (byOrigin.size !== logs.length)
    throw new ConfigError('LOGS', 'has two rows with one origin. Remove one');
  return { name, secret, logs: byOrigin, isMirror: mirrored > 0, operators: readOperatorTokens(variables) };
}

function readName(variables: Variables, secret: Bytes): string {
  const name = variables.text('WITNESS_NAME');
  try {
    return verifierKeyOf(name, COSIGNATURE, secret).name;
  } catch (cause) {
    throw new ConfigError(
      'WITNESS_NAME',
      'must be a name without spaces and plus signs, like "witness.example"',
      {
        cause,
      },
    );
  }
}

function readLog(row: ConfigValue): WitnessedLog {
  const [base, roots] = [row.member('base'), row.member('roots')];
  const isMirrored = base.raw !== undefined || roots.raw !== undefined;
  return {
    key: readKey(row.member('key')),
    bundles: isMirrored
      ? { base: base.wholeNumber({ min: 0, max: 2 ** 40 }), roots: readRoots(roots) }
      : null,
  };
}

function readKey(value: ConfigValue): VerifierKey {
  const remedy = 'must be the verifier key of a log, as `sotto log init` prints it';
  try {
    const key = parseVerifierKey(value.text(remedy));
    return key.type === ED25519 ? key : value.fail(remedy);
  } catch (error) {
    if (error instanceof TlogError) return value.fail(remedy);
    throw error;
  }
}

function readRoots(value: ConfigValue): Bytes[] {
  return value.list().map((root) => {
    const bytes = root.base64url();
    try {
      if (bytes !== null) {
        checkRoot(bytes);
        return bytes;
      }
    } catch {
      // said below
    }
    return root.fail('must be a public root key, as `sotto root new` prints it');
  });
}
