let allocated = 0; // bytes of the current run

/** A constructor that counts the bytes of arrays made by length, such as `new Uint8Array(n)`. */
function counting<T extends object>(constructor: T, size: number): T {
  return new Proxy(constructor, {
    construct(target, args: unknown[], newTarget: Function) {
      if (typeof args[0] === 'number') allocated += args[0] * size;
      return Reflect.construct(target as unknown as Function, args, newTarget) as object;
    },
  });
}

const ORIGINAL = { ArrayBuffer, Uint8Array, Uint16Array, Uint32Array, Int32Array, Float64Array };
const COUNTING = Object.fromEntries(
  Object.entries(ORIGINAL).map(([name, constructor]) => [
    name,
    counting(constructor, 'BYTES_PER_ELEMENT' in constructor ? constructor.BYTES_PER_ELEMENT : 1),
  ]),
);

/** Runs a function, and returns the bytes that it allocated for arrays. */
export async function countAllocations<T>(
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly allocated: number }> {
  allocated = 0;
  Object.assign(globalThis, COUNTING);
  try {
    const result = await run();
    return { result, allocated };
  } finally {
    Object.assign(globalThis, ORIGINAL);
  }
}
