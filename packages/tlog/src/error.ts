import { ProtocolError } from '@sotto/wire';

/**
 * Why text is not what a transparency log, witness or policy writes, or why a proof does not convince.
 *
 * - `malformed-key`: not a verifier key (C2SP signed-note)
 * - `malformed-note`, `malformed-checkpoint`: not a signed note, or one whose text is not a checkpoint
 * - `malformed-policy`: not a policy file (C2SP tlog-policy)
 * - `malformed-proof`: not a proof (C2SP tlog-proof)
 * - `malformed-tile`: an entry bundle or tile of another length
 * - `malformed-request`: not a request to a witness or a mirror (C2SP tlog-witness, tlog-mirror)
 * - `wrong-index`: the proof is for another entry, or for one that the tree does not have
 * - `log-signature`: no log of the policy signed the checkpoint
 * - `too-few-witnesses`: the cosignatures do not meet the quorum of the policy
 * - `not-logged`: the path does not lead from the entry to the root of the checkpoint
 * - `inconsistent`: the newer tree does not contain the older one
 */
export class TlogError extends ProtocolError<
  | 'malformed-key'
  | 'malformed-note'
  | 'malformed-checkpoint'
  | 'malformed-policy'
  | 'malformed-proof'
  | 'malformed-tile'
  | 'malformed-request'
  | 'wrong-index'
  | 'log-signature'
  | 'too-few-witnesses'
  | 'not-logged'
  | 'inconsistent'
> {}
