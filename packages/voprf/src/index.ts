export { VoprfError } from './error.ts';
export { nobleVoprf } from './noble.ts';
export {
  VOPRF_SIZES,
  type Voprf,
  type VoprfClient,
  type VoprfItem,
  type VoprfKeyPair,
  type VoprfOptions,
  type VoprfSuiteId,
} from './voprf.ts';
