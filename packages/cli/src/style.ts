import { styleText } from 'node:util';
import type { Io } from './io.ts';

type Format = Parameters<typeof styleText>[0];

/** Styles a text for standard output, if that shows colours. */
export function styled(io: Pick<Io, 'colors'>, format: Format, text: string): string {
  return io.colors ? styleText(format, text, { validateStream: false }) : text;
}
