const MAGIC_AND_VERSION = 8; // bytes
const EXPORTS = 7; // the number of its section (WebAssembly Core Specification, 5.5.10)
const FUNCTION = 0;
const MEMORY = 2;

/** The module with its first memory, under the name `memory`, and these functions as its only exports. */
export function exporting(
  module: Uint8Array,
  functions: Readonly<Record<string, number>>,
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(functions).map(([name, index]) => exported(name, FUNCTION, index));
  const list = [...leb128(entries.length + 1), ...exported('memory', MEMORY, 0), ...entries.flat()];
  const parts = [module.subarray(0, MAGIC_AND_VERSION)];
  for (let at = MAGIC_AND_VERSION; at < module.length;) {
    const [length, content] = readLeb128(module, at + 1);
    const end = content + length;
    if (module[at] === EXPORTS) parts.push(Uint8Array.of(EXPORTS, ...leb128(list.length), ...list));
    else parts.push(module.subarray(at, end));
    at = end;
  }
  return new Uint8Array(Buffer.concat(parts));
}

const exported = (name: string, kind: number, index: number): number[] => [
  ...leb128(name.length),
  ...Buffer.from(name, 'latin1'),
  kind,
  ...leb128(index),
];

/** An unsigned number below 2^28, seven bits a byte. */
function leb128(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb128(value >> 7)];
}

function readLeb128(bytes: Uint8Array, at: number): [value: number, next: number] {
  const byte = bytes[at] ?? 0;
  if (byte < 0x80) return [byte, at + 1];
  const [rest, next] = readLeb128(bytes, at + 1);
  return [(byte & 0x7f) | (rest << 7), next];
}
