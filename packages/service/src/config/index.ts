export { readAuthorities } from './authorities.ts';
export { ConfigError } from './error.ts';
export { ConfigValue, refuseDuplicates, type Range } from './value.ts';
export { Variables, type Environment, type VariablesOptions } from './variables.ts';
