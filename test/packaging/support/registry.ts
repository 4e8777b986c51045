import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { PackedPackage } from '@sotto/release';

/** Serves the tarballs as the npm registry of the scope `@sotto`, so that `npm install` finds them by name. */
export async function serveRegistry(
  packed: readonly PackedPackage[],
): Promise<{ url: string; close: () => void }> {
  let url = '';
  const documents = new Map(packed.map((one) => [one.name, (): object => packument(one, url)]));
  const tarballs = new Map(packed.map(({ tarball }) => [`/${path.basename(tarball)}`, tarball]));
  const server = createServer((request, response) => {
    const at = decodeURIComponent(request.url ?? '');
    const tarball = tarballs.get(at);
    const document = documents.get(at.slice(1));
    if (tarball !== undefined) response.end(readFileSync(tarball));
    else if (document !== undefined) response.end(JSON.stringify(document()));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, close: () => void server.close() };
}

function packument({ name, folder, tarball, integrity }: PackedPackage, url: string): object {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string };
  const shasum = createHash('sha1').update(readFileSync(tarball)).digest('hex');
  const dist = { tarball: url + path.basename(tarball), integrity, shasum };
  return {
    name,
    'dist-tags': { latest: manifest.version },
    versions: { [manifest.version]: { ...manifest, dist } },
  };
}
