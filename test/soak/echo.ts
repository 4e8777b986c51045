import { Agent, createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeResponse, encodeRequest } from '@sotto/bhttp';
import { decodeBundle, decodeSignedBundle, type Bundle } from '@sotto/bundle';
import { AEAD, decodeKeyConfigs, encapsulateRequest, KDF, KEM, type KeyConfig } from '@sotto/ohttp';
import { nodeHpke } from '@sotto/ohttp/node';
import { fromUtf8, utf8, type Bytes } from '@sotto/wire';
import { random } from '../support/raw-exchange.ts';

const HPKE = nodeHpke();
const SUITE = { kdfId: KDF.HKDF_SHA256, aeadId: AEAD.AES_128_GCM };
const LENGTH = 512; // bytes, each way: the minimum of a row
/** The length class of the echo. */
export const ECHO_LENGTHS = { requestLength: LENGTH, responseLength: LENGTH };

/**
 * A plain HTTP service that returns its request. It does next to no work, so that Sotto's own work is
 * measured.
 */
export async function echoService(): Promise<{ readonly row: object; close(): void }> {
  const server: Server = createServer((request, response) => {
    request.pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const target = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  return {
    row: {
      name: 'echo',
      target,
      token: 'none',
      idempotent: true,
      ...ECHO_LENGTHS,
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export interface Outcome {
  /** The fault of an exchange; null without one. */
  readonly fault: string | null;
  /** Whether the outer or inner response had a status of 500 or more. */
  readonly is5xx: boolean;
  /** Age of the bundle when the request was sent, in milliseconds, and its epoch. */
  readonly age: number;
  readonly sequence: number;
}

interface Held {
  readonly bundle: Bundle;
  readonly config: KeyConfig;
  readonly until: number; // Unix milliseconds
}

/** A client of the echo service with its own bundle, which it keeps up to a certain age. */
export class EchoClient {
  readonly #urls: { readonly relay: string; readonly gateway: string };
  readonly #keptUntil: (bundle: Bundle) => number;
  #held: Promise<Held> | null = null;
  #sent = 0;

  /** @param keptUntil - when a bundle is given up, in Unix milliseconds */
  constructor(
    urls: { readonly relay: string; readonly gateway: string },
    keptUntil: (bundle: Bundle) => number,
  ) {
    this.#urls = urls;
    this.#keptUntil = keptUntil;
  }

  /** One request; null when its bundle expired during it. Never throws. */
  async send(name: string): Promise<Outcome | null> {
    let [age, sequence] = [0, -1];
    try {
      const { bundle, config } = await this.#bundle();
      const begin = bundle.notBefore * 1000;
      sequence = bundle.sequence;
      const text = `${name} ${this.#sent++}`;
      const sealed = await encapsulateRequest(HPKE, config, SUITE, requestOf(text), random);
      age = Date.now() - begin;
      const { status, body } = await post(`${this.#urls.relay}/ohttp`, sealed.encapsulatedRequest);
      if (Date.now() > bundle.notAfter * 1000) return null;
      if (status !== 200) {
        return { fault: `outside ${status} ${fromUtf8(body)}`, is5xx: status >= 500, age, sequence };
      }
      const inner = decodeResponse(await sealed.openResponse(body));
      const isEcho = inner.status === 200 && fromUtf8(inner.content) === text;
      const fault = isEcho ? null : `inside ${inner.status} ${fromUtf8(inner.content)}`;
      return { fault, is5xx: inner.status >= 500, age, sequence };
    } catch (error) {
      return { fault: String(error), is5xx: String(error).includes('bundle: 5'), age, sequence };
    }
  }

  async #bundle(): Promise<Held> {
    const held = await this.#held?.catch(() => null);
    if (held && Date.now() < held.until) return held;
    this.#held = this.#fetch();
    return this.#held;
  }

  /** Fetches from the gateway, because a relay's cache lags by one tick, which is an epoch here. */
  async #fetch(): Promise<Held> {
    const response = await fetch(`${this.#urls.gateway}/bundle`);
    if (response.status !== 200) throw new Error(`bundle: ${response.status}`);
    const signed = decodeSignedBundle(new Uint8Array(await response.arrayBuffer()));
    const bundle = decodeBundle(signed.bundle);
    const config = decodeKeyConfigs(bundle.keyConfigs).find(({ kemId }) => kemId === KEM.X25519);
    if (config === undefined) throw new Error('a bundle without X25519');
    return { bundle, config, until: this.#keptUntil(bundle) };
  }
}

const agent = new Agent({ keepAlive: true, timeout: 4000 }); // ms, less than servers keep an idle connection

/** A POST with the least overhead that Node offers. */
function post(url: string, envelope: Bytes): Promise<{ status: number; body: Bytes }> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'message/ohttp-req', 'content-length': envelope.length };
    const request = httpRequest(url, { method: 'POST', agent, headers }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () => {
        resolve({ status: response.statusCode ?? 0, body: new Uint8Array(Buffer.concat(pieces)) });
      });
    });
    request.once('error', reject);
    request.end(envelope);
  });
}

function requestOf(text: string) {
  const date = new Date(Math.floor(Date.now() / 600_000) * 600_000).toUTCString();
  return encodeRequest(
    {
      method: 'POST',
      scheme: 'https',
      authority: 'echo',
      path: '/',
      fields: [
        ['content-type', 'text/plain'],
        ['date', date],
      ],
      content: utf8(text),
      trailers: [],
    },
    { length: LENGTH },
  );
}
