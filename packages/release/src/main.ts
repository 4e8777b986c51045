// `npm run pack`: builds and packs every published package into dist/npm.
import path from 'node:path';
import { pack } from './pack.ts';
import { ROOT } from './published.ts';
import { gzippedSizes } from './single-file.ts';

const packed = await pack(path.join(ROOT, 'dist/npm'));
for (const { tarball, size, files, integrity } of packed) {
  const columns = [
    path.relative(ROOT, tarball).padEnd(44),
    `${(size / 1024).toFixed(1)} KiB`.padStart(10),
    `${files.length} files`.padStart(10),
    integrity,
  ];
  process.stdout.write(`${columns.join('  ')}\n`);
}
const kib = (bytes: number): string => (bytes / 1024).toFixed(1);
for (const { name, size, limit } of await gzippedSizes()) {
  process.stdout.write(
    `${name.padEnd(44)}  ${kib(size).padStart(6)} KiB gzipped, of at most ${kib(limit)}\n`,
  );
}
