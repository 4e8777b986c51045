/** The files that scripts/libsodium.ts extracts from libsodium's npm package before bundling. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

declare module '*/dist/libsodium.js' {
  const load: (module: WebAssembly.Module) => import('./sodium.ts').RawSodium;
  export default load;
}
