export { systemClock, type Clock } from './clock.ts';
export { runService, variablesOnNode, type Program, type ServiceProgram, type Start } from './main.ts';
export { serve, type ServeOptions } from './serve.ts';
export {
  readInternalSettings,
  readListenSettings,
  readOperatorSettings,
  type ListenSettings,
  type TlsFiles,
} from './settings.ts';
