/** The files that scripts/libsodium.ts extracts from libsodium's npm package. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

declare module '*/dist/libsodium.js' {
  const base64: string;
  export default base64;
}
