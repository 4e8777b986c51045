import type { Platform } from '../platform.ts';
import type { Row } from '../row.ts';
import type { SearchData } from './search.ts';

/**
 * The rows that run inside one isolate, on either runtime. A group is loaded and made alone, because every row has an isolate
 * of its own.
 */
const GROUPS: Readonly<Record<string, (platform: Platform, data: SearchData) => Promise<Row[]>>> = {
  ohttp: async (platform) => (await import('./ohttp.ts')).ohttpRows(platform),
  bhttp: async () => (await import('./bhttp.ts')).bhttpRows(),
  search: async (_platform, data) => (await import('./search.ts')).searchRows(data),
  voprf: async (platform) => (await import('./voprf.ts')).voprfRows(platform),
  tlog: async () => (await import('./tlog.ts')).tlogRows(),
};

/** The place of a row, and the names of its figures. */
export interface RowPlace {
  readonly group: string;
  readonly index: number; // in its group
  readonly name: string;
  readonly peer: string;
  readonly figures: readonly string[];
  readonly semiSpace: number | undefined;
}

/** The places of all rows. */
export async function rowPlaces(platform: Platform, data: SearchData): Promise<RowPlace[]> {
  const places: RowPlace[] = [];
  for (const [group, make] of Object.entries(GROUPS)) {
    for (const [index, row] of (await make(platform, data)).entries()) {
      const { name, peer, semiSpace } = row;
      const figures = row.cases?.().quantiles.map((quantile) => quantile.name) ?? [name];
      places.push({ group, index, name, peer, figures, semiSpace });
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
