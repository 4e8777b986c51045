import { deflateRawSync } from 'node:zlib';

interface Entry {
  readonly deflated?: string;
  readonly raw?: Uint8Array;
  readonly method?: number;
  readonly size?: number;
  readonly flags?: number;
}

/** Writes a ZIP archive: text is stored, and an `Entry` is written with its own headers, also wrong ones. */
export function zip(files: Readonly<Record<string, string | Entry>>): Uint8Array<ArrayBuffer> {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, file] of Object.entries(files)) {
    const entry: Entry = typeof file === 'string' ? { raw: Buffer.from(file), method: 0 } : file;
    const data = Buffer.from(entry.raw ?? deflateRawSync(Buffer.from(entry.deflated ?? '')));
    const size =
      entry.size ?? (entry.deflated === undefined ? data.length : Buffer.byteLength(entry.deflated));
    const fields = Buffer.alloc(26); // the fields that the local and the central header share
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(entry.flags ?? 0, 2);
    fields.writeUInt16LE(entry.method ?? 8, 4);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(size, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), data]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(
      Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.alloc(2), fields, tail, Buffer.from(name)]),
    );
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(central.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...locals, directory, end]));
}
