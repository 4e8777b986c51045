import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

interface Annotations {
  readonly annotations: {
    readonly annotations: Readonly<Record<string, { default?: string[]; tts?: string[] }>>;
  };
}

/** Every name and keyword of a language in CLDR: everything that the index finds. */
export function vocabulary(locale: string): string[] {
  const require = createRequire(import.meta.url);
  const file = require.resolve(`cldr-annotations-full/annotations/${locale}/annotations.json`);
  const { annotations } = (JSON.parse(readFileSync(file, 'utf8')) as Annotations).annotations;
  const words = Object.values(annotations).flatMap(({ default: keywords = [], tts = [] }) => [
    ...keywords,
    ...tts,
  ]);
  return [...new Set(words)].toSorted();
}
