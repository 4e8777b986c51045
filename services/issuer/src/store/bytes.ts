import type { Bytes } from '@sotto/wire';
import { customType } from 'drizzle-orm/sqlite-core';

/** A BLOB: Durable Objects give it back as an ArrayBuffer, node:sqlite as a Uint8Array. */
export const bytes = customType<{ data: Bytes; driverData: ArrayBuffer | Uint8Array<ArrayBuffer> }>({
  dataType: () => 'blob',
  fromDriver: (value) => new Uint8Array(value),
});
