import type { LengthClass, Refill } from '@sotto/bundle';
import type { ScheduledRefill } from '@sotto/redemption';
import { voucherWindow } from '@sotto/wire';
import type { ServiceRow } from '../config.ts';

/** The length classes of the rows, each once. */
export function classesOf(rows: readonly ServiceRow[]): LengthClass[] {
  return [...new Map(rows.map(({ lengths }) => [lengths.name, lengths])).values()];
}

/**
 * The refill terms of a bundle: those that the issuer published, if the table has a row for refills and
 * everything fits.
 */
export function offeredRefill(
  rows: readonly ServiceRow[],
  scheduled: ScheduledRefill | null | undefined, // an issuer of an older version has no refills
): Refill | null {
  if (scheduled === null || scheduled === undefined) return null;
  if (!rows.some(isRefillRow) || refillProblem(rows, scheduled) !== null) return null;
  return { ...scheduled, window: voucherWindow(scheduled.period) };
}

const isRefillRow = ({ target }: ServiceRow): boolean => 'issuer' in target;

/** Why the issuer's vouchers cannot be used with this table, for the operator; null if they can. */
export function refillProblem(
  rows: readonly ServiceRow[],
  scheduled: ScheduledRefill | null | undefined,
): string | null {
  const i = rows.findIndex(isRefillRow);
  const row = rows[i];
  if (row === undefined) return null;
  if (scheduled === null || scheduled === undefined) {
    return `SERVICES[${i}]: the issuer issues no vouchers, so bundles have no refills. Set VOUCHERS at the issuer, or remove the row`;
  }
  const bought = scheduled.pack.map(({ service }) => service);
  const wanted = rows.filter((one) => one.token?.type === 5 && !isRefillRow(one)).map(({ name }) => name);
  if (bought.toSorted().join() !== wanted.toSorted().join()) {
    return `SERVICES: the issuer's vouchers buy tokens of ${bought.join(', ')}, and the table has ${wanted.join(', ')}, so bundles have no refills. Give both the same services with tokens of type 5`;
  }
  const { requestLength, responseLength } = row.lengths;
  const { request, response } = packLengths(scheduled.pack.map(({ tokens }) => tokens));
  if (requestLength >= request && responseLength >= response) return null;
  return `SERVICES[${i}]: a refill needs a requestLength of ${request} or more and a responseLength of ${response} or more, so bundles have no refills. Set them, with room for services to come`;
}

const HEAD = { request: 512, response: 256 }; // bytes of a Binary HTTP message without its content

/** Bytes that the messages of a refill need, by the number of tokens of each service. */
function packLengths(tokens: readonly number[]): { readonly request: number; readonly response: number } {
  const elements = tokens.reduce((sum, count) => sum + 32 * count + 9, 2); // two lengths, type and key id
  return { request: elements + HEAD.request, response: elements + 64 * tokens.length + HEAD.response };
}
