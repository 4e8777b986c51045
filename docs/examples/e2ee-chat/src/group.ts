import {
  createApplicationMessage,
  createCommit,
  createGroup,
  decodeMlsMessage,
  defaultAuthenticationService,
  defaultCapabilities,
  defaultKeyPackageEqualityConfig,
  defaultKeyRetentionConfig,
  defaultLifetime,
  defaultLifetimeConfig,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  processPrivateMessage,
  zeroOutUint8Array,
  type CiphersuiteImpl,
  type ClientState,
  type KeyPackage,
  type MlsMessageContent,
  type MlsPrivateMessage,
  type PrivateKeyPackage,
  type Welcome,
} from 'ts-mls';
import { makeKeyPackageRef } from 'ts-mls/keyPackage.js';

type Bytes = Uint8Array<ArrayBuffer>;

interface OwnKeys {
  readonly publicPackage: KeyPackage;
  readonly privatePackage: PrivateKeyPackage;
}

/** Carries MLS messages to all other members, in order. It sees all of them and can read none. */
export interface Delivery {
  send(message: Bytes): void;
  listen(run: (message: Bytes) => void): void;
}

export interface GroupEvents {
  /** The members changed. `code` is the same for everyone in the group: people compare it to notice an impostor. */
  readonly onMembers: (members: number, code: string) => void;
  readonly onMessage: (content: Bytes) => void;
  /** A message could not be processed: it is forged, damaged, or came twice. */
  readonly onRefused: (error: unknown) => void;
}

const SUITE = 'MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519';
/** A text and a sticker have one length on the wire, so that the delivery cannot tell which sticker was sent. */
const PADDED_BYTES = 32_768;
const CONFIG = {
  keyRetentionConfig: defaultKeyRetentionConfig,
  lifetimeConfig: defaultLifetimeConfig,
  keyPackageEqualityConfig: defaultKeyPackageEqualityConfig,
  authService: defaultAuthenticationService, // accepts every name: a real app checks credentials here
  paddingConfig: { kind: 'padUntilLength', padUntilLength: PADDED_BYTES },
} as const;
/** An empty message asks those who wait for their key packages. */
const WHO_WAITS = new Uint8Array(0);

/** One member of an MLS group (RFC 9420). The member that started the group adds the others. */
export class Group {
  readonly #suite: CiphersuiteImpl;
  readonly #delivery: Delivery;
  readonly #events: GroupEvents;
  readonly #own: OwnKeys;
  #state: ClientState | null = null; // null until a Welcome arrives
  #isFounder = false;
  #last: Promise<void> = Promise.resolve(); // the state changes with each message: one at a time

  private constructor(suite: CiphersuiteImpl, own: OwnKeys, delivery: Delivery, events: GroupEvents) {
    this.#suite = suite;
    this.#own = own;
    this.#delivery = delivery;
    this.#events = events;
    delivery.listen((message) => void this.#queue(() => this.#receive(message)));
  }

  static async start(name: string, delivery: Delivery, events: GroupEvents): Promise<Group> {
    const group = await Group.#create(name, delivery, events);
    const { publicPackage, privatePackage } = group.#own;
    const id = crypto.getRandomValues(new Uint8Array(16));
    group.#state = await createGroup(id, publicPackage, privatePackage, [], group.#suite, CONFIG);
    group.#isFounder = true;
    group.#tellMembers();
    delivery.send(WHO_WAITS);
    return group;
  }

  /** Asks to be added, now and when a group is started later. */
  static async join(name: string, delivery: Delivery, events: GroupEvents): Promise<Group> {
    const group = await Group.#create(name, delivery, events);
    group.#sendKeyPackage();
    return group;
  }

  static async #create(name: string, delivery: Delivery, events: GroupEvents): Promise<Group> {
    const suite = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE));
    const credential = { credentialType: 'basic', identity: new TextEncoder().encode(name) } as const;
    const own = await generateKeyPackage(credential, defaultCapabilities(), defaultLifetime, [], suite);
    return new Group(suite, own, delivery, events);
  }

  /** Encrypts for all members and sends. */
  send(content: Bytes): Promise<void> {
    return this.#queue(async () => {
      if (this.#state === null) throw new Error('not in a group yet');
      const made = await createApplicationMessage(this.#state, content, this.#suite);
      this.#advance(made);
      const { privateMessage } = made;
      this.#send({ wireformat: 'mls_private_message', privateMessage });
    });
  }

  #queue(run: () => Promise<void>): Promise<void> {
    const result = this.#last.then(run);
    this.#last = result.catch((error: unknown) => this.#events.onRefused(error));
    return result.catch(() => undefined);
  }

  async #receive(bytes: Bytes): Promise<void> {
    if (bytes.length === 0) return this.#state === null ? this.#sendKeyPackage() : undefined;
    const [message] = decodeMlsMessage(bytes, 0) ?? [];
    if (message?.wireformat === 'mls_key_package' && this.#isFounder) await this.#add(message.keyPackage);
    else if (message?.wireformat === 'mls_welcome' && this.#state === null)
      await this.#enter(message.welcome);
    else if (message?.wireformat === 'mls_private_message' && this.#state !== null)
      await this.#open(this.#state, message);
  }

  async #add(keyPackage: KeyPackage): Promise<void> {
    if (this.#state === null) return;
    const made = await createCommit(
      { state: this.#state, cipherSuite: this.#suite },
      { extraProposals: [{ proposalType: 'add', add: { keyPackage } }], ratchetTreeExtension: true },
    );
    this.#advance(made);
    this.#send(made.commit); // for those who are members already
    if (made.welcome !== undefined) this.#send({ wireformat: 'mls_welcome', welcome: made.welcome });
    this.#tellMembers();
  }

  async #enter(welcome: Welcome): Promise<void> {
    const { publicPackage, privatePackage } = this.#own;
    const own = await makeKeyPackageRef(publicPackage, this.#suite.hash);
    if (!welcome.secrets.some(({ newMember }) => newMember.join() === own.join())) return; // for somebody else
    this.#state = await joinGroup(
      welcome,
      publicPackage,
      privatePackage,
      emptyPskIndex,
      this.#suite,
      undefined,
      undefined,
      CONFIG,
    );
    this.#tellMembers();
  }

  async #open(state: ClientState, { privateMessage }: MlsPrivateMessage): Promise<void> {
    const result = await processPrivateMessage(state, privateMessage, emptyPskIndex, this.#suite);
    this.#advance(result);
    if (result.kind === 'newState') this.#tellMembers();
    else this.#events.onMessage(new Uint8Array(result.message));
  }

  /** Keys that were used are erased, so that what was sent stays secret if this device is taken later. */
  #advance({ newState, consumed }: { newState: ClientState; consumed: Uint8Array[] }): void {
    this.#state = newState;
    consumed.forEach(zeroOutUint8Array);
  }

  #sendKeyPackage(): void {
    this.#send({ wireformat: 'mls_key_package', keyPackage: this.#own.publicPackage });
  }

  #send(content: MlsMessageContent): void {
    this.#delivery.send(new Uint8Array(encodeMlsMessage({ ...content, version: 'mls10' })));
  }

  #tellMembers(): void {
    if (this.#state === null) return;
    const { ratchetTree, keySchedule } = this.#state;
    const members = ratchetTree.filter((node) => node?.nodeType === 'leaf').length;
    const code = [...keySchedule.epochAuthenticator.subarray(0, 8)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('');
    this.#events.onMembers(members, code.replace(/.{4}(?=.)/g, '$& '));
  }
}
