import type { Faults } from '../support/fault-proxy.ts';

/** Pairs of parts that communicate over a network. */
export const PAIRS = [
  'client–relay',
  'client–issuer',
  'relay–gateway',
  'gateway–issuer',
  'gateway–service',
  'issuer–attester', // the issuer fetches the attester's keys
  'signer–gateway', // the root's owner signs bundles
  'relay–gateway bundle', // the relay fetches the key bundle
] as const;
export type Pair = (typeof PAIRS)[number];

/** The pairs between which there is a network on each platform. On Workers the others are service bindings. */
export const PAIRS_OF = {
  node: PAIRS,
  workers: ['client–relay', 'client–issuer', 'relay–gateway'],
} as const satisfies Record<string, readonly Pair[]>;
export type Platform = keyof typeof PAIRS_OF;

/** The faults between the two parts. */
export const FAULTS = {
  'cuts the request': { cut: { direction: 'up', afterBytes: 60, how: 'rst' } },
  'cuts the response': { cut: { direction: 'down', afterBytes: 100, how: 'fin' } },
  'resets the response': { cut: { direction: 'down', afterBytes: 100, how: 'rst' } },
  'resets the connection': { refuse: true },
  delays: { latencyMs: 60 },
  'responds slowly': { dribble: { direction: 'down', everyMs: 100 } },
  'never responds': { blackhole: true },
  'responds 101': {
    respond: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
  },
  'responds garbage': { respond: 'SSH-2.0-OpenSSH_9.9\r\n' },
  duplicates: { duplicate: true },
  reorders: { reorderMs: 400 },
} as const satisfies Record<string, Faults>;
export type Fault = keyof typeof FAULTS;

/** A fault that only slows a connection down changes nothing for the client. */
const HARMLESS = { delays: 'ok, then ok', duplicates: 'ok, then ok', reorders: 'ok, then ok' } as const;

/** Every other fault gives one code within the deadlines, and the user's retry succeeds. */
const all = (code: string): Readonly<Record<Fault, string>> => {
  const faulty = Object.keys(FAULTS).map((fault) => [fault, `${code}, then ok`]);
  return { ...(Object.fromEntries(faulty) as Record<Fault, string>), ...HARMLESS };
};

/**
 * What a client sees: the outcome during the fault, and the outcome of the user's retry after it. `ok` is a page of
 * stickers (between client and issuer, and issuer and attester: a batch of tokens); anything else is the code of a
 * `ClientError`. For the signer, `ok` is a signature on every bundle, and `failed` an error.
 */
export const EXPECTED: Readonly<Record<Pair, Readonly<Record<Fault, string>>>> = {
  'client–relay': all('relay-unreachable'),
  'client–issuer': all('issuer-unreachable'),
  'relay–gateway': all('relay-failed'),
  'gateway–issuer': all('service-unavailable'),
  'gateway–service': all('service-unavailable'),
  'issuer–attester': all('issuer-failed'),
  'signer–gateway': all('failed'),
  'relay–gateway bundle': all('relay-failed'),
};
