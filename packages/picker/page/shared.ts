/** The module `/sotto.js`: the picker, its languages and the client in one file, for a page without a bundler. */
export { ClientError, createBrowserClient } from '@sotto/client/browser';
export * from '../src/index.ts';
export * from '../src/languages.ts';
