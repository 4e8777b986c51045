import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { build } from 'esbuild';

const PICKER = path.resolve(import.meta.dirname, '../../packages/picker');

/** A page that embeds the picker, with a fake client and device, and records every request. */
const PAGE = `
  import '@sotto/picker';
  import '@sotto/picker/languages';
  import { completeShortcodes } from '@sotto/picker/completion';
  import { personalPacks } from '@sotto/picker/packs';
  const sticker = (id, name = id) => ({ id, name, emoji: '🐱', pack: 'core' });
  const asked = [];
  const failing = (code, more) => Object.assign(new Error(code), { code, ...more });
  const client = (answer) => ({ search: async (query, options) => {
    asked.push({ query, options });
    return answer(query, options);
  } });
  const pages = (query, { cursor = '0' }) => {
    const from = Number(cursor);
    const results = Array.from({ length: 100 }, (_, i) => sticker(query + ' ' + (from + i)));
    return { results, next: from < 1100 ? String(from + 100) : null };
  };
  const device = (more) => ({
    search: (query) => [sticker('device ' + query)],
    art: () => null,
    groups: (locale) => [{ id: 'smileys', stickers: [sticker('one', 'one ' + locale), sticker('two', 'two ' + locale)] }],
    ...more,
  });
  const put = (attributes = {}, parent = document.querySelector('main')) => {
    const picker = document.createElement('sotto-stickers');
    for (const [name, value] of Object.entries(attributes)) picker.setAttribute(name, value);
    parent.append(picker);
    return picker;
  };
  Object.assign(globalThis, { completeShortcodes, personalPacks, asked, failing, client, pages, device, put, sticker });`;

/**
 * Serves the page at its own loopback address, so that it has its own storage. At `/bare` it has no script, so
 * that the element is not defined there.
 */
export async function servePage(): Promise<{ readonly url: string; close(): void }> {
  const { outputFiles } = await build({
    stdin: { contents: PAGE, resolveDir: PICKER },
    bundle: true,
    write: false,
    format: 'esm',
    charset: 'utf8',
  });
  const server: Server = createServer((request, response) => {
    const script = request.url === '/page.js';
    response.setHeader('content-type', `text/${script ? 'javascript' : 'html'}; charset=utf-8`);
    const module = request.url === '/bare' ? '' : '<script type="module" src="/page.js"></script>';
    const html = `<!doctype html><html lang="en"><title>A page</title>${module}<main><h1>A page</h1></main></html>`;
    response.end(script ? outputFiles[0]?.text : html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => void server.close() };
}
