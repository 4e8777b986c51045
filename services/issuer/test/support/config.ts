import { Variables } from '@sotto/service/config';
import { readConfig, type Config } from '../../src/config.ts';
import { ISSUER_VARIABLES } from './variables.ts';

/** The configuration of the tests, with some variables changed. */
export function testConfig(more: Readonly<Record<string, unknown>> = {}): Config {
  return readConfig(new Variables({ ...ISSUER_VARIABLES, ...more }, { service: 'issuer', platform: 'node' }));
}
