import type { Bytes } from '@sotto/wire';
import { RawExchange } from '../support/raw-exchange.ts';
import { Accounts, bareQuotaObjectOf, quotaObjectOf } from './accounts.ts';
import { BareClient } from './bare/client.ts';
import { GATEWAY_PATH, OHTTP } from './bare/layout.ts';
import { fetched, posted, requireSame, type Seen } from './bare/seen.ts';
import type { Clock } from './measure.ts';
import type { Pair } from './samples.ts';
import {
  CONSTANT,
  CONTENT,
  issuedBy,
  passedBy,
  searchAt,
  startSuites,
  type Suites,
  type Urls,
} from './suites.ts';
import { costOf } from './turns.ts';

/** One of the two that are compared. Every call throws if it is not answered as it should be. */
export interface Side extends Calls {
  /** The CPU time of its workerd. */
  readonly clock: Clock;
  /** A whole private search, with a token of its own. */
  readonly search: () => Promise<unknown>;
}

/** The calls that are the same for both. */
interface Calls extends Issuing {
  /** An envelope whose token is spent: all but the search at the service. */
  readonly refused: () => Promise<Seen>;
  /** An envelope that the relay passes on to a gateway outside of workerd, which answers at once. */
  readonly relayed: () => Promise<Seen>;
  /** A search at the service, without envelope and token. */
  readonly stickers: () => Promise<Seen>;
}

/** Batches of 30 tokens, each for a new account. All are the same batch, so that the machine does nothing else between two. */
interface Issuing {
  readonly issue: () => Promise<Seen>;
  /** For an account whose quota object does not exist yet. */
  readonly issueWithObject: () => Promise<Seen>;
}

interface Ours extends Side {
  readonly raw: RawExchange;
  /** Has a batch of tokens issued for {@link Side.search}. */
  readonly refill: () => Promise<void>;
  /** A token that no search uses. */
  readonly token: () => Bytes;
  /** A request to the relay that does nothing. */
  readonly nothing: () => Promise<Seen>;
}

export interface Sides {
  readonly ours: Ours;
  readonly bare: Side;
  /** The cost of the very first batch: the issuers load their keys, and nothing is compiled. */
  readonly first: Pair;
  readonly dispose: () => Promise<void>;
}

/**
 * Starts our services and the bare ones.
 *
 * @throws {Error} if a message of one side has another length or other header fields than that of the other
 */
export async function startSides(): Promise<Sides> {
  const suites = await startSuites();
  try {
    return { ...(await sidesOf(suites)), dispose: suites.dispose };
  } catch (error) {
    await suites.dispose();
    throw error;
  }
}

async function sidesOf(suites: Suites): Promise<Omit<Sides, 'dispose'>> {
  const { suite } = suites.ours;
  const raw = await RawExchange.of(suite);
  const batch = await raw.blind();
  const accounts = new Accounts(quotaObjectOf(suite, raw.bundle.notBefore));
  const issuingOf = (urls: Urls, names: Accounts): Issuing => {
    const issue = async (name: string): Promise<Seen> => issuedBy(urls, await suite.account(name), batch);
    return { issue: () => issue(names.next()), issueWithObject: () => issue(names.nextWithObject()) };
  };
  const issuing = {
    ours: issuingOf(suite.urls, accounts),
    bare: issuingOf(suites.bare.suite.urls, new Accounts(bareQuotaObjectOf)),
  };
  const first = [
    (await costOf(suites.ours.clock, issuing.ours.issueWithObject)).cpu,
    (await costOf(suites.bare.clock, issuing.bare.issueWithObject)).cpu,
  ] as const;
  const ours = await ourSide(suites, raw, issuing.ours, accounts);
  const client = new BareClient(suites.bare.suite);
  const bareEnvelope = client.seal(CONTENT).bytes;
  const bare = {
    clock: suites.bare.clock,
    search: () => client.search(CONTENT),
    ...issuing.bare,
    ...callsTo(suites.bare.suite.urls, bareEnvelope),
  };
  requireSame(
    await messagesOf(suites, suite.urls, ours.envelope, ours.side),
    await messagesOf(suites, suites.bare.suite.urls, bareEnvelope, bare),
  );
  return { ours: ours.side, bare, first };
}

async function ourSide(
  { ours: { suite, clock } }: Suites,
  raw: RawExchange,
  issuing: Issuing,
  accounts: Accounts,
): Promise<{ readonly side: Ours; readonly envelope: Bytes }> {
  const tokens: Bytes[] = [];
  const token = (): Bytes => {
    const next = tokens.pop();
    if (next === undefined) throw new Error('no token is left');
    return next;
  };
  const refill = async (): Promise<void> => void tokens.push(...(await raw.issue(accounts.next())));
  await refill();
  const { bytes: envelope } = await raw.seal(raw.request(token(), 'spent'));
  const side = {
    clock,
    raw,
    refill,
    token,
    async search() {
      const { inner, code } = await raw.search(token(), '', { content: CONTENT });
      if (inner?.status !== 200) throw new Error(`a search failed: ${code}`);
    },
    nothing: () => fetched(`${suite.urls.relay}/health`, {}),
    ...issuing,
    ...callsTo(suite.urls, envelope),
  };
  return { side, envelope };
}

const callsTo = (urls: Urls, envelope: Bytes): Omit<Calls, keyof Issuing> => ({
  refused: () => passedBy(urls.relay, envelope),
  relayed: () => passedBy(urls.relay + CONSTANT, envelope),
  stickers: () => searchAt(urls),
});

/** The messages that can be seen, by their names. The constant gateway answers like this one from now on. */
async function messagesOf(
  { ours, constant }: Suites,
  { gateway }: Urls,
  envelope: Bytes,
  { refused, relayed, stickers, issue }: Calls,
): Promise<Readonly<Record<string, Seen>>> {
  const authorization = `Bearer ${ours.suite.secrets.relayToken}`;
  const fields = { authorization, 'content-type': OHTTP.request };
  const fromGateway = await posted(gateway + GATEWAY_PATH, fields, envelope);
  constant.answer(fromGateway);
  const fromRelayAlone = await relayed();
  return {
    'request of the relay': constant.received(),
    'response of the relay alone': fromRelayAlone,
    'response of the relay': await refused(),
    'response of the gateway': fromGateway,
    'response of the service': await stickers(),
    'response of the issuer': await issue(),
  };
}
