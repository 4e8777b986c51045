import { base64url, fromBase64url, type Bytes } from '@sotto/wire';
import { customType } from 'drizzle-orm/sqlite-core';

/** A column of bytes, as unpadded base64url. */
export const encodedBytes = customType<{ data: Bytes; driverData: string }>({
  dataType: () => 'text',
  toDriver: base64url,
  fromDriver: fromBase64url,
});
