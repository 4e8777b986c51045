import type { Variables } from '@sotto/service/config';
import { readListenSettings, type ListenSettings } from '@sotto/service/node';
import { readConfig, refuseOwnZone, type Config } from '../config.ts';
import type { BucketOptions } from './token-bucket.ts';

export interface Settings extends ListenSettings {
  readonly config: Config;
  /**
   * The header in which your own proxy writes the client's address as its last element. Without it, the
   * address of the connection is used.
   */
  readonly addressHeader?: string;
  readonly rate: BucketOptions;
  /** Milliseconds for the headers of a request, for the whole of it, and between two checks of both. */
  readonly headersMs: number;
  readonly wholeRequestMs: number;
  readonly checkMs: number;
}

/** @throws {ConfigError} for anything missing or unsafe */
export function readSettings(variables: Variables): Settings {
  const config = readConfig(variables);
  const listening = readListenSettings(variables);
  refuseOwnZone(config, readOrigin(variables, config, listening.port));
  return {
    ...listening,
    config,
    ...(variables.has('ADDRESS_HEADER') && {
      addressHeader: variables.text('ADDRESS_HEADER').toLowerCase(),
    }),
    rate: {
      burst: variables.number('RATE_BURST'),
      perSecond: variables.number('RATE_PER_MINUTE') / 60,
      maxKeys: variables.number('RATE_ADDRESSES'),
    },
    headersMs: variables.number('HEADERS_MS'),
    wholeRequestMs: variables.number('WHOLE_REQUEST_MS'),
    checkMs: variables.number('CHECK_MS'),
  };
}

/** The public origin of this relay. Only with LOCAL it may be left out. */
function readOrigin(variables: Variables, { local }: Config, port: number): string {
  if (local && !variables.has('ORIGIN')) return `http://127.0.0.1:${port}`;
  return variables.value('ORIGIN').url('must be a URL, like "https://relay.example"').origin;
}
