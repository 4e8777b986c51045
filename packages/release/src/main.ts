// `npm run pack`: builds and packs every published package into dist/npm.
import path from 'node:path';
import { pack } from './pack.ts';
import { ROOT } from './published.ts';

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
