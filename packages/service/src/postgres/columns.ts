import type { Bytes } from '@sotto/wire';
import { bigint, customType } from 'drizzle-orm/pg-core';

/** BYTEA. The driver returns it as a Buffer that may be part of a larger one, so it is copied. */
export const bytes = customType<{ data: Bytes; driverData: Uint8Array }>({
  dataType: () => 'bytea',
  toDriver: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength),
  fromDriver: (value) => Uint8Array.from(value),
});

/** BIGINT that fits a number: seconds, epochs, counts. */
export const whole = (name: string) => bigint(name, { mode: 'number' });
