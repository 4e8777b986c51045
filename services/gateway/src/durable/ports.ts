import type { OperatorLog } from '@sotto/service/operator';
import type { KeyStore, ReplayStore } from '../ports.ts';
import type { GatewayKeys } from './gateway-keys.ts';
import { REPLAY_SHARDS, type ReplayShard } from './replay-shard.ts';

/** One object holds the keys of all isolates. */
export function durableKeyStore(namespace: DurableObjectNamespace<GatewayKeys>): KeyStore {
  const stub = () => namespace.getByName('keys');
  return {
    epochs: async (from, to) => stub().epochs(from, to),
    add: async (epochs) => stub().add([...epochs]),
    destroy: async (before) => stub().destroy(before),
    discard: async (epochIndexes) => stub().discard([...epochIndexes]),
    rewrap: async (changes) => stub().rewrap([...changes]),
    bundles: async (from, to) => stub().bundles(from, to),
    offer: async (bundles) => stub().offer(bundles),
    sign: async (signed) => stub().sign(signed),
    withdraw: async (epochIndexes) => stub().withdraw([...epochIndexes]),
    issuerRevision: async () => stub().issuerRevision(),
    rememberIssuerRevision: async (revision) => stub().rememberIssuerRevision(revision),
  };
}

/** The counts in the object that keeps the keys. They are from before counts had objects of their own. */
export async function earlierCounts(
  namespace: DurableObjectNamespace<GatewayKeys>,
): Promise<Record<string, number>> {
  return namespace.getByName('keys').counts();
}

export function durableLog(namespace: DurableObjectNamespace<GatewayKeys>): OperatorLog {
  return {
    record: async (act) => namespace.getByName('keys').recordAct(act),
    list: async () => namespace.getByName('keys').acts(),
  };
}

/** An envelope belongs to one shard, by the first bits of its HMAC. */
export function durableReplayStore(namespace: DurableObjectNamespace<ReplayShard>): ReplayStore {
  return {
    admit: async (envelope, expires, at) =>
      namespace.getByName(`replay-${(envelope[0] ?? 0) % REPLAY_SHARDS}`).admit(envelope, expires, at),
  };
}
