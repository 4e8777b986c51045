import type { Platform } from '../platform.ts';
import type { Row } from '../row.ts';
import { bhttpRows } from './bhttp.ts';
import { ohttpRows } from './ohttp.ts';
import { searchRows, type SearchData } from './search.ts';
import { tlogRows } from './tlog.ts';
import { voprfRows } from './voprf.ts';

/** Every row that runs inside one process, on either runtime. */
export async function allRows(platform: Platform, data: SearchData): Promise<Row[]> {
  return [
    ...(await ohttpRows(platform)),
    ...bhttpRows(),
    ...searchRows(data),
    ...(await voprfRows(platform)),
    ...(await tlogRows()),
  ];
}
