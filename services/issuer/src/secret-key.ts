import type { KeyWrap } from '@sotto/service/keys';
import { concat, ProtocolError, uint, utf8, vector, type Bytes } from '@sotto/wire';
import type { KeyRecord } from './ports.ts';

/** A stored key that KEY_WRAPPING_KEY does not unwrap, or that is not what its row says; or no key could be made. */
export class KeyError extends ProtocolError<
  'not-unwrapped' | 'mismatch' | 'no-truncated-id' | 'epoch-seconds' | 'issuer-name'
> {}

type KeyIdentity = Pick<KeyRecord, 'service' | 'epoch' | 'type' | 'keyId'>;

/** The context that a wrapped secret is bound to, so that a secret cannot be moved to another row. */
export function keyContext({ service, epoch, type, keyId }: KeyIdentity): Bytes {
  return concat(utf8('sotto issuer key\0'), vector(1, utf8(service)), uint(8, epoch), uint(2, type), keyId);
}

/** @throws {KeyError} `not-unwrapped` */
export async function unwrapSecret(wrap: Pick<KeyWrap, 'unwrap'>, record: KeyRecord): Promise<Bytes> {
  try {
    return await wrap.unwrap(record.wrapped, keyContext(record));
  } catch (error) {
    throw new KeyError('not-unwrapped', 'KEY_WRAPPING_KEY does not unwrap a stored key', { cause: error });
  }
}

/** The result of wrapping stored keys again: the rows that change, and those that no wrapping key unwraps. */
interface RewrappedRows<Row> {
  readonly changes: readonly { readonly row: Row; readonly after: Bytes }[];
  readonly unreadable: readonly Row[];
}

/** Wraps keys under the current wrapping key. It stores nothing. */
export async function rewrapRows<Row extends KeyRecord>(
  wrap: Pick<KeyWrap, 'rewrap'>,
  rows: readonly Row[],
): Promise<RewrappedRows<Row>> {
  const changes: RewrappedRows<Row>['changes'][number][] = [];
  const unreadable: Row[] = [];
  for (const row of rows) {
    try {
      const after = await wrap.rewrap(row.wrapped, keyContext(row));
      if (after !== null) changes.push({ row, after });
    } catch {
      unreadable.push(row);
    }
  }
  return { changes, unreadable };
}

/** A line for the operator about each key that no wrapping key unwraps. */
export async function unreadableKeys(
  wrap: Pick<KeyWrap, 'unwrap'>,
  keys: readonly KeyRecord[],
): Promise<string[]> {
  const problems: string[] = [];
  for (const record of keys) {
    const { service, type, epoch } = record;
    await unwrapSecret(wrap, record).then(
      (secret) => secret.fill(0),
      () =>
        problems.push(
          `KEY_WRAPPING_KEY: does not unwrap the key of ${service}, type ${type}, epoch ${epoch}. Set KEY_WRAPPING_KEY_PREVIOUS to the key before it`,
        ),
    );
  }
  return problems;
}
