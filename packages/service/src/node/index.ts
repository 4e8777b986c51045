export { runService, type Program, type Start } from './main.ts';
export { serve, type ServeOptions } from './serve.ts';
export { readListenSettings, type ListenSettings, type TlsFiles } from './settings.ts';
