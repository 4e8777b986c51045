import path from 'node:path';

/** The folder of the repository. */
export const ROOT = path.resolve(import.meta.dirname, '../../..');

/** A package of `packages/` that is published. */
export interface PublishedPackage {
  readonly folder: string;
  /** Entries of its source manifest that stay in the repository, because they are for our own builds. */
  readonly unpublished?: readonly string[];
  /** Modules that a script makes before the build, and that its sources import. */
  readonly generated?: readonly string[];
}

/** The published libraries, in the order of their dependencies. */
export const LIBRARIES: readonly PublishedPackage[] = [
  { folder: 'wire' },
  { folder: 'bhttp' },
  { folder: 'ohttp' },
  {
    folder: 'voprf',
    unpublished: ['./libsodium', './sodium-workerd'], // the second imports WebAssembly as our builds of Workers do
    generated: ['dist/libsodium.js'], // by packages/voprf/scripts/libsodium.ts
  },
  { folder: 'privacypass' },
  { folder: 'bundle' },
  { folder: 'tlog' },
  { folder: 'sticker-search' },
  { folder: 'client' },
  // The build of the demo page.
  { folder: 'picker', unpublished: ['./page'] },
];

/** The package with the command `sotto`. */
export const COMMAND: PublishedPackage = { folder: 'cli' };

/** Versions of Node that the published packages promise to run on. */
export const NODE_FLOOR = '>=20.19';
