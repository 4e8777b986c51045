import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { noMore, printable } from '../arguments.ts';
import { command, Failure, UsageError } from '../command.ts';
import { withProgress, type Io } from '../io.ts';
import { PARTIES, printRetry, setUp } from '../setup.ts';

/** `sotto fetch`. */
export const fetchCommand = command({
  name: 'fetch',
  synopsis: 'https://SERVICE/PATH',
  summary: 'send a private request to a service of the gateway, as curl does',
  options: {
    request: {
      type: 'string',
      short: 'X',
      value: 'METHOD',
      text: 'the method; POST if there is data, else GET',
    },
    data: {
      type: 'string',
      short: 'd',
      value: 'DATA',
      text: 'the body; @FILE reads a file, @- standard input',
    },
    type: {
      type: 'string',
      short: 't',
      value: 'TYPE',
      text: 'the content type of the body; default: application/json',
    },
    header: {
      type: 'string',
      short: 'H',
      value: 'FIELD',
      multiple: true,
      text: 'a header field that the service admits, like "accept: text/plain"',
    },
    include: { type: 'boolean', short: 'i', text: 'print the status and the header fields too' },
    output: { type: 'string', short: 'o', value: 'FILE', text: 'write the body into a file' },
    fail: { type: 'boolean', short: 'f', text: 'exit with 1 if the status is 400 or more' },
    ...PARTIES,
  },
  examples: [
    ['fetch https://stickers/v1/packs', 'prints the response of a GET'],
    [`fetch https://stickers/v1/search -d '{"q":"cat"}'`, 'posts JSON'],
    ['fetch https://feed/v1/lines -H "accept: text/plain"', 'prints a stream as it arrives'],
    ['fetch https://echo/upload -d @photo.jpg -t image/jpeg -i', 'posts a file, and prints the status too'],
  ],
  run: async ({ values, words: [url = '', ...rest] }, io) => {
    noMore(rest);
    if (!/^https:\/\//i.test(url)) throw new UsageError('name a URL: https://SERVICE/PATH');
    const body = values.data === undefined ? null : await bodyOf(values.data, io);
    const { client, requestOptions } = await setUp(values, io);
    const init = {
      ...requestOptions,
      ...(values.request !== undefined && { method: values.request }),
      ...(body !== null && { body }),
      headers: { ...fieldsOf(values.header ?? []), ...(body !== null && typeOf(values.type)) },
    };
    try {
      const response = await withProgress(io, `waiting for ${url}`, client.fetch(url, init));
      await print(response, values, io);
      return values.fail === true && response.status >= 400 ? 1 : 0;
    } catch (error) {
      printRetry(error, io);
      throw error;
    }
  },
});

const typeOf = (type = 'application/json') => ({ 'content-type': type });

/** @throws {UsageError} */
function fieldsOf(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined)
        throw new UsageError('write a header field like "accept: text/plain"');
      return [name.toLowerCase(), value];
    }),
  );
}

async function bodyOf(data: string, io: Io): Promise<Uint8Array<ArrayBuffer>> {
  if (!data.startsWith('@')) return new TextEncoder().encode(data);
  const file = data.slice(1);
  if (file === '-') return new Uint8Array(await io.input());
  const bytes = await readFile(path.resolve(io.cwd, file)).catch((error: unknown) => {
    throw new Failure(`Cannot read ${file} (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  });
  return new Uint8Array(bytes);
}

interface PrintOptions {
  readonly json?: boolean;
  readonly include?: boolean;
  readonly output?: string;
}

async function print(response: Response, { json, include, output }: PrintOptions, io: Io): Promise<void> {
  const { status, headers } = response;
  if (json === true) {
    io.out(JSON.stringify({ status, headers: Object.fromEntries(headers), body: await response.text() }));
    return;
  }
  if (include === true) {
    io.out(`HTTP ${status}`);
    for (const [name, value] of headers) io.out(`${printable(name)}: ${printable(value)}`);
    io.out('');
  }
  if (output === undefined) return printBody(response, io);
  const body = new Uint8Array(await response.arrayBuffer());
  await writeFile(path.resolve(io.cwd, output), body).catch((error: unknown) => {
    throw new Failure(`Cannot write ${output} (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  });
}

/** Writes a body as it arrives. */
async function printBody({ body }: Response, io: Io): Promise<void> {
  const decoder = new TextDecoder();
  for await (const piece of body ?? []) {
    const text = io.columns === null ? null : safeForTerminal(decoder.decode(piece, { stream: true }));
    io.write(text === null ? piece : new TextEncoder().encode(text));
  }
  if (io.columns !== null) io.write(new TextEncoder().encode(`${safeForTerminal(decoder.decode())}\n`));
}

/** Keeps line breaks and tabs, and replaces other characters that a terminal would interpret. */
const safeForTerminal = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.split('\t').map(printable).join('\t'))
    .join('\n');
