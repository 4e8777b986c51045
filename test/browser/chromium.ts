import { createWriteStream } from 'node:fs';
import { access, chmod, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { createReadStream } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const packed = path.resolve(import.meta.dirname, '../../node_modules/@sparticuz/chromium');

/** No background network traffic, no GPU, and no sandbox, because Chromium refuses to use one as root. */
const FLAGS = [
  '--no-sandbox',
  '--no-zygote',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--no-pings',
  '--font-render-hinting=none',
];

/** The browser of the npm package, unpacked into the temporary folder once per version. */
async function executable(): Promise<string> {
  const manifest = await readFile(path.join(packed, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const folder = path.join(os.tmpdir(), `sotto-chromium-${version}-${process.getuid?.() ?? 0}`);
  const file = path.join(folder, 'chromium');
  const there = await access(file).then(
    () => true,
    () => false,
  );
  if (there) return file;
  await mkdir(folder, { recursive: true });
  const fresh = await mkdtemp(path.join(folder, 'new-'));
  try {
    const half = path.join(fresh, 'chromium');
    const source = createReadStream(path.join(packed, 'bin/chromium.br'));
    await pipeline(source, createBrotliDecompress(), createWriteStream(half));
    await chmod(half, 0o755);
    await rename(half, file); // atomic, because another process may unpack it too
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return file;
}

export async function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: await executable(), args: FLAGS, headless: true });
}
