import type { BhttpError } from '@sotto/bhttp';
import type { BundleError } from '@sotto/bundle';
import type { OhttpError } from '@sotto/ohttp';
import type { PackErrorCode } from '@sotto/picker/packs';
import type { PrivacyPassError } from '@sotto/privacypass';
import type { RedemptionError } from '@sotto/redemption';
import type { StoreErrorCode } from '@sotto/service/store';
import type { SearchError } from '@sotto/sticker-search';
import type { TlogError } from '@sotto/tlog';
import type { VoprfError } from '@sotto/voprf';
import type { WireError } from '@sotto/wire';
import type { KeyError } from '../../services/issuer/src/secret-key.ts';

/** What a code means, and what to do about it. */
type Text = readonly [cause: string, remedy: string];
/** The texts of each code. */
export type Texts<Code extends string> = Readonly<Record<Code, Text>>;

const SENDER = 'Refuse the message: its sender has a fault, or it was changed on its way.';
const PROGRAM = 'Correct the call: the arguments come from your program.';

const wire: Texts<WireError['code']> = {
  truncated: ['The input ends inside a field.', SENDER],
  trailing: ['Bytes follow the end of a struct.', SENDER],
  'out-of-range': ['A number does not fit its field, or is above 2^53 - 1.', SENDER],
  'not-minimal': ['A varint is longer than necessary where the shortest form is required.', SENDER],
  'bad-text': ['The text is not UTF-8, hexadecimal or base64url.', 'Check that the whole text was copied.'],
};

const bhttp: Texts<BhttpError['code']> = {
  truncated: ['The message ends where RFC 9292 §3.8 does not allow it.', SENDER],
  'out-of-range': ['A length or status is above 2^53 - 1.', SENDER],
  'bad-framing': ['The framing indicator is unknown, or that of the other kind of message.', SENDER],
  'bad-control-data': [
    'Method, scheme, authority or path is not valid in HTTP.',
    'Correct the request line.',
  ],
  'bad-status': [
    'The status is not one that this place of a message may have.',
    'Use 200 to 599 for a final response.',
  ],
  'bad-field-name': ['A field name is not a lower-case token.', 'Correct the name.'],
  'bad-field-value': ['A field value has a control character, or blanks at an end.', 'Correct the value.'],
  'pseudo-field': [
    'A name begins with a colon where no pseudo-field may be.',
    'Put control data into method, scheme, authority and path.',
  ],
  'bad-padding': ['The padding has a byte that is not zero.', SENDER],
  'fields-too-large': ['Header or trailer section is over its limit.', 'Send fewer or shorter fields.'],
  'too-long': [
    'The message does not fit into the length that was asked for.',
    'Shorten it, or ask for the next length.',
  ],
};

const ohttp: Texts<OhttpError['code']> = {
  'unknown-key-id': ['No key of the gateway has this identifier.', 'Fetch the key configurations again.'],
  'unsupported-kem': [
    'The KEM is not implemented, or is not that of the key.',
    'Choose another key configuration.',
  ],
  'unsupported-suite': [
    'KDF and AEAD are not implemented, or not offered with the key.',
    'Choose a suite that the key configuration lists.',
  ],
  'no-suites': ['A key configuration offers no suite.', 'Tell the operator of the gateway.'],
  'bad-key': [
    'A key has the wrong length or value, or public and private key do not match.',
    'Check where the key is stored.',
  ],
  'bad-nonce': ['`random` returned another length than it was asked for.', PROGRAM],
  truncated: [
    'The message is shorter than header, enc and tag; or a stream ended without its final chunk.',
    'Send the request again only if its user asks for it.',
  ],
  'open-failed': [
    'The ciphertext is not authentic under this key.',
    'Fetch the key configurations again. If it continues, somebody changes messages.',
  ],
  'chunk-too-large': ['A chunk has more plaintext than the limit.', 'Send smaller chunks.'],
  'too-many-chunks': ['The nonce counter of the stream is used up.', 'Begin another request.'],
};

const voprf: Texts<VoprfError['code']> = {
  'bad-element': ['An element is not canonical, not on the curve, or the identity.', SENDER],
  'bad-scalar': ['A scalar has the wrong length, or is not in 1..n-1.', SENDER],
  'bad-input': ['The input is longer than 65,535 bytes, or hashes to the identity.', PROGRAM],
  'bad-random': ['`random` returned another length than it was asked for, or a multiple of n.', PROGRAM],
  'empty-batch': ['A batch has no elements.', PROGRAM],
  'batch-too-large': ['A batch has more than 65,535 elements.', 'Split it.'],
  'key-mismatch': ['The public key is not that of the secret key.', 'Check where the keys are stored.'],
  'proof-failed': [
    'The proof does not verify: the issuer used another key than the published one.',
    'Drop the batch and tell the operator of the issuer.',
  ],
};

const privacypass: Texts<PrivacyPassError['code']> = {
  'unknown-token-type': ['The token type is not implemented.', 'Use 0x0001 or 0x0005.'],
  'bad-challenge': [
    'The redemption context has neither 0 nor 32 bytes, or the issuer name is missing.',
    PROGRAM,
  ],
  'bad-header': ['The header field is not in the syntax of RFC 9110 §11, or repeats a parameter.', SENDER],
  'no-token': ['The header field has no PrivateToken credentials.', 'Send a token.'],
  'bad-token': ['The credentials are not exactly one token in base64url.', SENDER],
  'bad-presence': ['The presence octet of an optional is neither 0 nor 1.', SENDER],
  'bad-directory': [
    'The issuer directory is not in the format of RFC 9578 §4.',
    'Check the URL of the issuer.',
  ],
  'mixed-types': [
    'The type of the response is not that of the request.',
    'Drop the batch and tell the operator of the issuer.',
  ],
  'empty-batch': ['A request or response has no elements.', PROGRAM],
  'wrong-key': ['The request names the truncated identifier of another key.', 'Fetch the key bundle again.'],
  'bad-element': ['A blinded element is outside of the group, or the identity.', SENDER],
  'bad-response': [
    'The response of the issuer does not verify; the whole batch is refused.',
    'Request another batch. If it continues, tell the operator of the issuer.',
  ],
};

const bundle: Texts<BundleError['code']> = {
  'unknown-version': ['The bundle has a version that this release does not know.', 'Update the package.'],
  'bad-signature': ['No pinned root signed the bundle.', 'Check `root`, then the URL of the relay.'],
  'bad-proof': [
    'The proof of a logged bundle is empty or longer than 4,096 bytes.',
    'Tell the operator of the relay.',
  ],
  'bad-root': ['A root key is not a valid Ed25519 key.', 'Copy the key again from its operator.'],
  'malformed-keys': [
    'The list of keys is not in the format of `specs/bundle.md`.',
    'Tell the operator of the gateway.',
  ],
  'malformed-services': [
    'The list of services is not in the format of `specs/bundle.md`.',
    'Tell the operator of the gateway.',
  ],
  expired: ['The bundle is of an epoch that is over.', 'Fetch it again, and check the clock.'],
  'not-yet': ['The bundle is of an epoch that has not begun.', 'Check the clock.'],
  'unaligned-expiry': [
    'The bundle does not end at the end of an epoch.',
    'Set `epochSeconds` to the length that the operator configured.',
  ],
  'bad-sequence': [
    'The bundle has another number than its epoch.',
    'Set `epochSeconds` to the length that the operator configured.',
  ],
  'too-many-keys': [
    'The bundle has more keys than one epoch needs, by which clients could be told apart.',
    'Tell the operator of the gateway.',
  ],
  equivocation: [
    'Two different bundles are signed for one epoch.',
    'Stop: this client may have been given other keys than everyone else. Tell the operator.',
  ],
  'mirrors-disagree': [
    'Mirrors show another bundle than the relay.',
    'Stop, and tell the operators of the mirrors.',
  ],
  'no-bundle': ['No source has a bundle.', 'Check the connection and the URL of the relay.'],
};

const tlog: Texts<TlogError['code']> = {
  'malformed-key': [
    'The text is not a verifier key of C2SP signed-note.',
    'Copy the key again from its operator.',
  ],
  'malformed-note': ['The text is not a signed note.', SENDER],
  'malformed-checkpoint': ['The note is signed, but its text is not a checkpoint.', SENDER],
  'malformed-policy': [
    'The text is not a policy of C2SP tlog-policy.',
    'Correct the line that the message names.',
  ],
  'malformed-proof': ['The text is not a proof of C2SP tlog-proof.', SENDER],
  'malformed-tile': [
    'An entry bundle or tile has another length than it must have.',
    'Fetch it again from another mirror.',
  ],
  'malformed-request': ['The bytes are not a message of C2SP tlog-witness or tlog-mirror.', SENDER],
  'wrong-index': [
    'The proof is for another entry, or for one that the tree does not have.',
    'Fetch a newer proof.',
  ],
  'log-signature': [
    'No log of the policy signed the checkpoint.',
    'Check the policy, then the address of the log.',
  ],
  'too-few-witnesses': [
    'The cosignatures do not meet the quorum of the policy.',
    'Try again later. If it continues, tell the operator of the log.',
  ],
  'not-logged': [
    'The path does not lead from the entry to the root of the checkpoint.',
    'Do not use the entry, and tell the operator of the log.',
  ],
  inconsistent: [
    'The newer tree does not contain the older one.',
    'Keep both checkpoints and publish them: the log has shown two histories.',
  ],
};

const search: Texts<SearchError['code']> = {
  'corrupt-index': ['The index is not one that this version builds.', 'Build the catalogue again.'],
  'unknown-locale': [
    'There is no index of this language.',
    'Use a language of the catalogue, or leave the locale out.',
  ],
  'unknown-pack': ['There is no pack with this identifier.', 'Use an identifier of `GET /v1/packs`.'],
  truncated: [
    'A response of the sticker service ends too early.',
    'Update the client and the service to one version.',
  ],
  trailing: [
    'A response of the sticker service has bytes after its end.',
    'Update the client and the service to one version.',
  ],
};

const packs: Texts<PackErrorCode> = {
  unreadable: ['The file is not an image, a folder or a ZIP file that can be read.', 'Choose another file.'],
  'too-large': ['The pack is over the limits of files or bytes.', 'Split it into smaller packs.'],
  'no-images': ['The pack has no image that can be shown.', 'Add SVG, PNG or WebP images.'],
  'not-stored': ['The browser did not store the pack.', 'Free some space, or allow the site to store data.'],
};

const store: Texts<StoreErrorCode> = {
  busy: ['Another process holds the lock.', 'Try again.'],
  failed: [
    'The store cannot be read or written.',
    'Check the disk and its permissions, or the health of the platform.',
  ],
};

const redemption: Texts<RedemptionError['code']> = {
  malformed: [
    'A message between gateway and issuer does not decode.',
    'Run gateway and issuer of one release.',
  ],
};

const keys: Texts<KeyError['code']> = {
  'not-unwrapped': [
    'KEY_WRAPPING_KEY does not unwrap a stored key.',
    'Set KEY_WRAPPING_KEY_PREVIOUS to the key before it.',
  ],
  mismatch: ['A stored key is not what its row says.', 'Restore the store from a backup.'],
  'no-truncated-id': [
    'No key with a free truncated identifier could be made.',
    'Offer fewer services or token types.',
  ],
  'epoch-seconds': [
    'The store belongs to another length of epoch.',
    'Set EPOCH_SECONDS to the value before.',
  ],
  'issuer-name': ['The store belongs to another issuer name.', 'Set ISSUER_NAME to the value before.'],
};

/** Codes with their texts, by the class that has them and the file that declares it. */
export const ERROR_TEXTS: readonly (readonly [name: string, file: string, Texts<string>])[] = [
  ['BhttpError', 'packages/bhttp/src/error.ts', bhttp],
  ['BundleError', 'packages/bundle/src/error.ts', bundle],
  ['OhttpError', 'packages/ohttp/src/error.ts', ohttp],
  ['PackError', 'packages/picker/src/packs/error.ts', packs],
  ['PrivacyPassError', 'packages/privacypass/src/error.ts', privacypass],
  ['RedemptionError', 'packages/redemption/src/error.ts', redemption],
  ['SearchError', 'packages/sticker-search/src/error.ts', search],
  ['StoreError', 'packages/service/src/store.ts', store],
  ['TlogError', 'packages/tlog/src/error.ts', tlog],
  ['VoprfError', 'packages/voprf/src/error.ts', voprf],
  ['WireError', 'packages/wire/src/error.ts', wire],
  ['KeyError', 'services/issuer/src/secret-key.ts', keys],
];
