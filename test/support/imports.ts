import { withoutComments } from './sources.ts';

export interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
  /** Whether `import()` loads it, when the program comes to it. */
  readonly isDynamic: boolean;
}

/** Every module that a file imports, re-exports, or loads with `import()`. */
export function importsOf(text: string): Import[] {
  const pattern = /(?:^(?:import|export)\s+(type\s+)?[^;'"]*?from|^import|\b(import\())\s*'([^']+)'/gm;
  return Array.from(withoutComments(text).matchAll(pattern), ([, type, dynamic, target = '']) => ({
    target,
    typeOnly: type !== undefined,
    isDynamic: dynamic !== undefined,
  }));
}
