// A platform without WebCrypto's subtle part, as React Native is: only getRandomValues is left.
Object.defineProperty(globalThis, 'crypto', {
  value: { getRandomValues: globalThis.crypto.getRandomValues.bind(globalThis.crypto) },
  configurable: true,
});
