import type { Counters, KeyAuthority, Ledger, Quota, SpentTokens } from '../ports.ts';
import { StoreError } from '../ports.ts';
import type { KeyStore } from './keys.ts';
import { ledgerName, quotaName, shardOf } from './names.ts';
import type { QuotaCounts } from './quota.ts';
import type { SpentLedger } from './spent.ts';

type Namespace<T extends Rpc.DurableObjectBranded> = Pick<DurableObjectNamespace<T>, 'getByName'>;

/**
 * Calls an object by its name. A failure that says it may be retried is, once and with a new stub;
 * an overloaded object is left alone. What is called is safe to call twice.
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
    if (!retryable || overloaded) throw new StoreError('an object failed', { cause: error });
  }
  try {
    return await method(namespace.getByName(name));
  } catch (error) {
    throw new StoreError('an object failed twice', { cause: error });
  }
}

export function durableSpentTokens(namespace: Namespace<SpentLedger>): SpentTokens {
  return {
    spend: (ledger, spend) =>
      call(namespace, ledgerName(ledger, shardOf(spend.id, ledger.shards)), (stub) => stub.spend(spend)),
    close: (ledger) => closeShards(namespace, ledger),
  };
}

async function closeShards(namespace: Namespace<SpentLedger>, ledger: Ledger): Promise<void> {
  const shards = Array.from({ length: ledger.shards }, (_, shard) => ledgerName(ledger, shard));
  await Promise.all(shards.map((name) => call(namespace, name, (stub) => stub.close())));
}

export function durableQuota(namespace: Namespace<QuotaCounts>): Quota {
  return {
    take: (take) => call(namespace, quotaName(take.epoch, take.account), (stub) => stub.take(take)),
    used: (row) => call(namespace, quotaName(row.epoch, row.account), (stub) => stub.used(row)),
  };
}

/** The one object that is the authority. */
const AUTHORITY = 'keys';

export function durableKeys(namespace: Namespace<KeyStore>, spent: SpentTokens): KeyAuthority {
  return {
    snapshot: () => call(namespace, AUTHORITY, async (stub) => stub.snapshot()),
    list: () => call(namespace, AUTHORITY, async (stub) => stub.list()),
    reserve: (keyId, count) => call(namespace, AUTHORITY, async (stub) => stub.reserve(keyId, count)),
    async retireAll() {
      // First the ledgers: an isolate that still holds a key meets a closed one. If any cannot be
      // closed, no key is gone yet, and the operator may call again.
      const ledgers = await call(namespace, AUTHORITY, async (stub) => stub.ledgers());
      await Promise.all(ledgers.map((ledger) => spent.close(ledger)));
      return call(namespace, AUTHORITY, async (stub) => stub.retireAll());
    },
  };
}

export function durableCounters(namespace: Namespace<KeyStore>): Counters {
  return {
    add: (counts) => call(namespace, AUTHORITY, async (stub) => stub.addCounts(counts)),
    totals: () => call(namespace, AUTHORITY, async (stub) => stub.counts()),
  };
}
