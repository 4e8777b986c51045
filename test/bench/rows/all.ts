import type { Platform } from '../platform.ts';
import type { Row } from '../row.ts';
import { bhttpRows } from './bhttp.ts';
import { ohttpRows } from './ohttp.ts';
import { searchRows, type SearchData } from './search.ts';
import { tlogRows } from './tlog.ts';
import { voprfRows } from './voprf.ts';

/** The rows that run inside one isolate, on either runtime. A group is made alone, because every row has an isolate of its own. */
export const GROUPS: Readonly<Record<string, (platform: Platform, data: SearchData) => Promise<Row[]>>> = {
  ohttp: ohttpRows,
  bhttp: async () => bhttpRows(),
  search: async (_platform, data) => searchRows(data),
  voprf: voprfRows,
  tlog: tlogRows,
};

/** Where a row is, and the names of its figures. */
export interface RowPlace {
  readonly group: string;
  readonly index: number; // in its group
  readonly name: string;
  readonly peer: string;
  readonly figures: readonly string[];
}

/** The places of all rows. */
export async function rowPlaces(platform: Platform, data: SearchData): Promise<RowPlace[]> {
  const places: RowPlace[] = [];
  for (const [group, make] of Object.entries(GROUPS)) {
    for (const [index, row] of (await make(platform, data)).entries()) {
      const { name, peer } = row;
      const figures = row.cases?.().quantiles.map((quantile) => quantile.name) ?? [name];
      places.push({ group, index, name, peer, figures });
    }
  }
  return places;
}

export async function rowAt(
  { group, index }: Pick<RowPlace, 'group' | 'index'>,
  platform: Platform,
  data: SearchData,
): Promise<Row> {
  const row = (await GROUPS[group]?.(platform, data))?.[index];
  if (row === undefined) throw new Error(`bench: the group ${group} has no row ${index}`);
  return row;
}
