import { hex } from '@sotto/wire';
import { TlogError } from './error.ts';
import { COSIGNATURE, ED25519, parseVerifierKey, type VerifierKey } from './note.ts';

/** The most lines of each kind that a policy may have. */
const MOST_LINES = 64;

/** A party of a policy: a key, and where to reach it. */
export interface PolicyKey {
  readonly key: VerifierKey;
  readonly url: string | null;
}

/** A rule over witnesses: one of them, or at least `threshold` of several rules. */
export type Quorum =
  | { readonly witness: PolicyKey }
  | { readonly threshold: number; readonly members: readonly Quorum[] };

/** Which logs are accepted, and whose cosignatures a checkpoint needs (C2SP tlog-policy). */
export interface Policy {
  readonly logs: readonly PolicyKey[];
  readonly witnesses: readonly PolicyKey[];
  readonly quorum: Quorum;
  /** From the comment `# sotto base=N`: entry i of the log is the bundle of epoch N + i. Null without it. */
  readonly base: number | null;
}

/** No cosignature is needed: what `quorum none` means. */
const NONE: Quorum = { threshold: 0, members: [] };

/** Reads a policy file. @throws {TlogError} `malformed-policy` or `malformed-key`, naming the line */
export function parsePolicy(text: string): Policy {
  const reader = new PolicyReader();
  // eslint-disable-next-line no-control-regex -- tab and newline are the only control characters of the format
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) throw malformed(0, 'control characters');
  text.split('\n').forEach((line, at) => reader.line(line, at + 1));
  return reader.policy();
}

function malformed(line: number, why: string): TlogError {
  return new TlogError('malformed-policy', `line ${line}: ${why}`);
}

class PolicyReader {
  readonly #logs: PolicyKey[] = [];
  readonly #witnesses: PolicyKey[] = [];
  readonly #defined = new Map<string, Quorum>();
  readonly #used = new Set<string>();
  readonly #keys = new Set<string>();
  #quorum: Quorum | null = null;
  #base: number | null = null;

  line(text: string, at: number): void {
    const base = /^\s*# sotto base=(\d{1,15})\s*$/.exec(text)?.[1];
    if (base !== undefined) this.#base = Number(base);
    const [word, ...items] = text.split(/[ \t]+/).filter((item) => item !== '');
    if (word === undefined || word.startsWith('#')) return;
    if (word === 'log') this.#log(items, at);
    else if (word === 'witness') this.#witness(items, at);
    else if (word === 'group') this.#group(items, at);
    else if (word === 'quorum') this.#setQuorum(items, at);
    else throw malformed(at, 'not a log, witness, group, quorum or comment');
  }

  policy(): Policy {
    if (this.#quorum === null) throw malformed(0, 'no quorum line');
    return { logs: this.#logs, witnesses: this.#witnesses, quorum: this.#quorum, base: this.#base };
  }

  #log(items: readonly string[], at: number): void {
    if (items.length < 1 || items.length > 2) throw malformed(at, 'a log has a key and perhaps an address');
    this.#add(this.#logs, 'log', this.#key(items[0] ?? '', items[1], ED25519, at), at);
  }

  #witness(items: readonly string[], at: number): void {
    const [name = '', key = '', url] = items;
    if (items.length < 2 || items.length > 3)
      throw malformed(at, 'a witness has a name, a key and perhaps an address');
    const witness = this.#key(key, url, COSIGNATURE, at);
    this.#add(this.#witnesses, 'witness', witness, at);
    this.#define(name, { witness }, at);
  }

  #group(items: readonly string[], at: number): void {
    const [name = '', rule = '', ...names] = items;
    const members = names.map((member) => this.#take(member, at));
    const threshold = rule === 'all' ? members.length : rule === 'any' ? 1 : Number(rule);
    const numeric = rule === 'all' || rule === 'any' || /^[1-9][0-9]{0,3}$/.test(rule);
    if (!numeric || members.length === 0 || threshold > members.length) {
      throw malformed(at, 'a group needs all, any or a number of at most its members');
    }
    this.#define(name, { threshold, members }, at);
  }

  #setQuorum(items: readonly string[], at: number): void {
    const [name = ''] = items;
    if (items.length !== 1 || this.#quorum !== null) throw malformed(at, 'one quorum line with one name');
    this.#quorum = name === 'none' ? NONE : this.#take(name, at);
  }

  #key(text: string, url: string | undefined, type: VerifierKey['type'], at: number): PolicyKey {
    const key = parseVerifierKey(text);
    if (key.type !== type) throw malformed(at, 'a key of another type');
    return { key, url: url ?? null };
  }

  /** One public key is one party, whatever names it is listed under. */
  #add(list: PolicyKey[], kind: string, party: PolicyKey, at: number): void {
    const key = `${kind} ${hex(party.key.publicKey)}`;
    if (this.#keys.has(key)) throw malformed(at, `a ${kind} with the key of another`);
    if (list.length === MOST_LINES) throw malformed(at, `more than ${MOST_LINES} lines of one kind`);
    this.#keys.add(key);
    list.push(party);
  }

  #define(name: string, rule: Quorum, at: number): void {
    if (name === '' || name === 'none' || this.#defined.has(name))
      throw malformed(at, 'a name that is taken');
    if (this.#defined.size === 2 * MOST_LINES) throw malformed(at, 'too many groups');
    this.#defined.set(name, rule);
  }

  /** Each name may be a member once, so that a witness counts in one way. */
  #take(name: string, at: number): Quorum {
    const rule = this.#defined.get(name);
    if (rule === undefined) throw malformed(at, 'a name that no line above defines');
    if (this.#used.has(name)) throw malformed(at, 'a name that is a member already');
    this.#used.add(name);
    return rule;
  }
}

/** Whether the witnesses that satisfy `cosigned` meet a quorum. */
export function meets(quorum: Quorum, cosigned: (witness: PolicyKey) => boolean): boolean {
  if ('witness' in quorum) return cosigned(quorum.witness);
  return quorum.members.filter((member) => meets(member, cosigned)).length >= quorum.threshold;
}

/**
 * How many witnesses have to lie before two histories can both meet a quorum: the fewest that two sets which meet
 * it share. With k of n witnesses it is 2k - n, and 0 when none has to.
 */
export function splitViewCost(quorum: Quorum): number {
  if ('witness' in quorum) return 1;
  const shared = Math.max(0, 2 * quorum.threshold - quorum.members.length);
  const costs = quorum.members.map(splitViewCost).toSorted((a, b) => a - b);
  return costs.slice(0, shared).reduce((sum, cost) => sum + cost, 0);
}
