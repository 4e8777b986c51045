/** What scripts/libsodium.ts takes out of libsodium's npm package, before a bundler looks for it. */
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
