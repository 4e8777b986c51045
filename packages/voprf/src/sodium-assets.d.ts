/** The files that scripts/libsodium.ts extracts from libsodium's npm package before bundling. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

declare module '*/dist/libsodium.js' {
  type Instance = { readonly exports: Readonly<Record<string, unknown>> };
  const create: (hooks: {
    instantiateWasm(
      imports: Record<string, Record<string, unknown>>,
      done: (instance: Instance) => void,
    ): void;
  }) => Promise<unknown>;
  export default create;
}
