import { REFILL_SERVICE, type LengthClass } from '@sotto/bundle';
import { ConfigError, type ConfigValue } from '@sotto/service/config';

const LENGTH = { min: 512, max: 1 << 20, unit: 'bytes' }; // every problem fits into 512
const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const MAX_CLASSES = 4; // each further class tells the relay more about an exchange

/** Reads LENGTH_CLASSES: `{"search": {"requestLength": 1024, "responseLength": 163840}}`. */
export function readLengthClasses(value: ConfigValue): LengthClass[] {
  const entries = value.entries('must be a JSON object: the lengths of each class by its name');
  if (entries.length === 0 || entries.length > MAX_CLASSES)
    value.fail(`must have 1 to ${MAX_CLASSES} classes`);
  return entries.map(([name, entry]) => {
    if (!NAME.test(name)) entry.fail('must have a name of 1 to 32 characters: a-z, 0-9 and -');
    if (name === REFILL_SERVICE)
      entry.fail('must not be named "refill": the row of refills has its own class');
    return { name, ...readLengths(entry) };
  });
}

/** The lengths of a refill for one or two services, with packs of 30 tokens each. */
const REFILL_LENGTH = 2048;

/**
 * The class of refills, which no other service has: the relay can tell a refill from a request. Its lengths do not follow
 * from the number of services, so that a new service does not show in them.
 */
export function readRefillClass(row: ConfigValue): LengthClass {
  const length = (name: 'requestLength' | 'responseLength'): number =>
    row.member(name).or(REFILL_LENGTH).wholeNumber(LENGTH);
  if (!row.member('class').isMissing) {
    row.member('class').fail('must not be set for refills: they are a class of their own. Remove it');
  }
  return {
    name: REFILL_SERVICE,
    requestLength: length('requestLength'),
    responseLength: length('responseLength'),
  };
}

/** The one class of a deployment without LENGTH_CLASSES: the lengths of its first service. */
export function classOfFirst(row: ConfigValue): LengthClass {
  return { name: 'default', ...readLengths(row) };
}

function readLengths(value: ConfigValue): Omit<LengthClass, 'name'> {
  return {
    requestLength: value.member('requestLength').wholeNumber(LENGTH),
    responseLength: value.member('responseLength').wholeNumber(LENGTH),
  };
}

/** The class of a service: named by `class`, or the one whose lengths the row has. */
export function readClassOf(row: ConfigValue, classes: readonly LengthClass[]): LengthClass {
  const [named, request, response] = [
    row.member('class'),
    row.member('requestLength'),
    row.member('responseLength'),
  ];
  if (!named.isMissing) {
    for (const length of [request, response]) {
      if (!length.isMissing)
        length.fail('must not be set together with "class", which has the lengths. Remove one of them');
    }
    const found = classes.find(({ name }) => name === named.raw);
    if (found !== undefined) return found;
    throw new ConfigError(
      named.path,
      `must be a length class of this deployment (${classes.map(({ name }) => name).join(', ')}). Add it to LENGTH_CLASSES`,
    );
  }
  const lengths = readLengths(row);
  const sameResponse = classes.filter(({ responseLength }) => responseLength === lengths.responseLength);
  if (sameResponse.length === 0) {
    return notInClass(
      response,
      'response',
      lengths.responseLength,
      classes.map((one) => one.responseLength),
    );
  }
  const found = sameResponse.find(({ requestLength }) => requestLength === lengths.requestLength);
  if (found !== undefined) return found;
  return notInClass(
    request,
    'request',
    lengths.requestLength,
    sameResponse.map((one) => one.requestLength),
  );
}

function notInClass(
  value: ConfigValue,
  what: 'request' | 'response',
  length: number,
  known: readonly number[],
): never {
  const remedy = known.length === 1 ? `use ${known[0]}` : 'use one of these';
  return value.fail(
    `${length} is not a ${what} class of this deployment (${known.join(', ')}). Add a class or ${remedy}.`,
  );
}
