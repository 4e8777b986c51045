import { connectionConfig } from './database.ts';
import { GuardedClient } from './guarded-client.ts';
import type { PostgresSettings } from './settings.ts';

/**
 * Calls back when another process sends NOTIFY on the channel.
 *
 * It is a hint: after a restart of the server nothing is heard until `listen` runs again, so the caller must also poll.
 */
export class Listener {
  readonly #settings: PostgresSettings;
  readonly #channel: string;
  readonly #onNotify: () => void;
  #client: GuardedClient | null = null;

  /** @param channel - an identifier in lower case */
  constructor(settings: PostgresSettings, channel: string, onNotify: () => void) {
    this.#settings = settings;
    this.#channel = channel;
    this.#onNotify = onNotify;
  }

  /** Connects unless there is a connection. A failure is left to the next call. */
  async listen(): Promise<void> {
    if (this.#client !== null) return;
    const client = new GuardedClient(connectionConfig(this.#settings));
    const drop = (): void => {
      if (this.#client === client) this.#client = null;
    };
    client.on('error', drop);
    client.on('end', drop);
    client.on('notification', () => this.#onNotify());
    this.#client = client;
    try {
      await client.connect();
      await client.query(`listen ${this.#channel}`);
    } catch {
      drop();
      await client.end().catch(() => {});
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.end();
  }
}
