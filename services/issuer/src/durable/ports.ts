import type { OperatorLog } from '@sotto/service/operator';
import { StoreError } from '@sotto/service/store';
import type { KeyAuthority, Ledger, Quota, SpentTokens } from '../ports.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { ledgerName, quotaName, shardOf } from './names.ts';
import type { QuotaShard } from './quota-shard.ts';
import type { SpentShard } from './spent-shard.ts';

type Namespace<T extends Rpc.DurableObjectBranded> = Pick<DurableObjectNamespace<T>, 'getByName'>;

/**
 * Calls an object by its name. A failure that is marked as retryable is retried once, with a new stub, unless the object
 * is overloaded. All methods are safe to call twice.
 */
async function call<T extends Rpc.DurableObjectBranded, R>(
  namespace: Namespace<T>,
  name: string,
  method: (stub: DurableObjectStub<T>) => Promise<R>,
): Promise<R> {
  try {
    return await method(namespace.getByName(name));
  } catch (error) {
    const { retryable, overloaded } = error as { retryable?: boolean; overloaded?: boolean };
    if (!retryable || overloaded) throw new StoreError('failed', 'an object failed', { cause: error });
  }
  try {
    return await method(namespace.getByName(name));
  } catch (error) {
    throw new StoreError('failed', 'an object failed twice', { cause: error });
  }
}

export function durableSpentTokens(namespace: Namespace<SpentShard>): SpentTokens {
  return {
    spend: (ledger, spend) =>
      call(namespace, ledgerName(ledger, shardOf(spend.id, ledger.shards)), (stub) => stub.spend(spend)),
    close: (ledger) => closeShards(namespace, ledger),
  };
}

async function closeShards(namespace: Namespace<SpentShard>, ledger: Ledger): Promise<void> {
  const shards = Array.from({ length: ledger.shards }, (_, shard) => ledgerName(ledger, shard));
  await Promise.all(shards.map((name) => call(namespace, name, (stub) => stub.close())));
}

export function durableQuota(namespace: Namespace<QuotaShard>): Quota {
  return {
    charge: (charge) =>
      call(namespace, quotaName(charge.epoch, charge.account), (stub) => stub.charge(charge)),
    used: (row) => call(namespace, quotaName(row.epoch, row.account), (stub) => stub.used(row)),
  };
}

/** The name of the one object that makes and keeps keys. */
const AUTHORITY = 'keys';

export function durableKeys(namespace: Namespace<IssuerKeys>, spent: SpentTokens): KeyAuthority {
  return {
    snapshot: () => call(namespace, AUTHORITY, async (stub) => stub.snapshot()),
    list: () => call(namespace, AUTHORITY, async (stub) => stub.list()),
    reserve: (keyId, count) => call(namespace, AUTHORITY, async (stub) => stub.reserve(keyId, count)),
    revision: () => call(namespace, AUTHORITY, async (stub) => stub.revision()),
    raiseRevision: () => call(namespace, AUTHORITY, async (stub) => stub.raiseRevision()),
    async retireAll() {
      // The ledgers are closed first, because isolates may still hold the keys. If one cannot be closed, no key has been
      // destroyed yet, and the operator can call again.
      const ledgers = await call(namespace, AUTHORITY, async (stub) => stub.ledgers());
      await Promise.all(ledgers.map((ledger) => spent.close(ledger)));
      return call(namespace, AUTHORITY, async (stub) => stub.retireAll());
    },
    rewrap: () => call(namespace, AUTHORITY, async (stub) => stub.rewrap()),
    replaceUnreadable: () => call(namespace, AUTHORITY, async (stub) => stub.replaceUnreadable()),
  };
}

/** The counts in the object that keeps the keys. They are from before counts had objects of their own. */
export function earlierCounts(namespace: Namespace<IssuerKeys>): Promise<Record<string, number>> {
  return call(namespace, AUTHORITY, async (stub) => stub.counts());
}

export function durableLog(namespace: Namespace<IssuerKeys>): OperatorLog {
  return {
    record: (act) => call(namespace, AUTHORITY, async (stub) => stub.recordAct(act)),
    list: () => call(namespace, AUTHORITY, async (stub) => stub.acts()),
  };
}
