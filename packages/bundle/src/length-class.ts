import { concat, fromUtf8, Reader, uint, utf8, vector, type Bytes } from '@sotto/wire';
import { BundleError } from './error.ts';
import type { ServiceEntry } from './service-entry.ts';

/**
 * The lengths of all padded requests and of all padded responses of some services (specs/bundle.md). The relay sees the
 * class of an exchange, and not which of its services it is for.
 *
 *     struct { opaque name<1..2^8-1>; uint32 request_length; uint32 response_length; } LengthClass;
 */
export interface LengthClass {
  readonly name: string;
  readonly requestLength: number; // bytes
  readonly responseLength: number; // bytes
}

/** @throws {WireError} `out-of-range` for a number or a name that is too large */
export function encodeLengthClass({ name, requestLength, responseLength }: LengthClass): Bytes {
  return concat(vector(1, utf8(name)), uint(4, requestLength), uint(4, responseLength));
}

/**
 * Reads length classes to the end.
 *
 * @throws {BundleError} `malformed-services` for a class without a unique name
 * @throws {WireError} `truncated`; `bad-text` for a name that is not UTF-8
 */
export function readLengthClasses(r: Reader): LengthClass[] {
  const classes: LengthClass[] = [];
  while (r.remaining > 0) {
    const name = fromUtf8(r.vector(1, 'name').rest());
    if (name === '' || classes.some((one) => one.name === name)) {
      throw new BundleError('malformed-services', `length class ${classes.length} has no unique name`);
    }
    classes.push({
      name,
      requestLength: r.uint(4, 'request_length'),
      responseLength: r.uint(4, 'response_length'),
    });
  }
  return classes;
}

/** @throws {BundleError} `malformed-services` for a service whose lengths are in no class */
export function checkLengthClasses(classes: readonly LengthClass[], services: readonly ServiceEntry[]): void {
  for (const { name, requestLength, responseLength } of services) {
    const isListed = classes.some(
      (one) => one.requestLength === requestLength && one.responseLength === responseLength,
    );
    if (!isListed) throw new BundleError('malformed-services', `service ${name} is in no length class`);
  }
}
