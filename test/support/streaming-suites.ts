import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startSuite, type Suite } from '../../services/local/src/suite.ts';
import { suiteOnNode } from './on-node.ts';
import { STREAM_CLASS, streamingService, streamRow, type StreamingService } from './streaming-service.ts';

/** A suite with the service `feed`, which streams in both directions. */
export interface StreamingSuite {
  readonly service: StreamingService;
  readonly suite: Pick<Suite, 'secrets' | 'account'> & {
    readonly urls: Pick<Suite['urls'], 'relay' | 'issuer'>;
  };
  readonly close: () => Promise<void>;
}

const SEARCH_CLASS = { requestLength: 1024, responseLength: 163_840 };
const LENGTH_CLASSES = JSON.stringify({ search: SEARCH_CLASS, stream: STREAM_CLASS });

const feedRow = (url: string, more: object = {}): object =>
  streamRow('feed', url, { class: 'stream', stream: { flushMs: 20, requests: true }, ...more });

async function onWorkers(): Promise<StreamingSuite> {
  const service = await streamingService();
  const stickers = {
    name: 'stickers',
    target: { binding: 'STICKERS' },
    token: { type: 5 },
    idempotent: true,
    class: 'search',
  };
  const SERVICES = JSON.stringify([stickers, feedRow(service.url)]);
  const suite = await startSuite({ vars: { gateway: { SERVICES, LENGTH_CLASSES } } });
  return {
    service,
    suite,
    async close() {
      await service.close();
      await suite.dispose();
    },
  };
}

async function onNode(): Promise<StreamingSuite> {
  const service = await streamingService();
  const folder = mkdtempSync(path.join(tmpdir(), 'sotto-stream-'));
  const target = { url: service.url, private: ['127.0.0.1'] };
  const rows = [feedRow(service.url, { target })];
  const suite = await suiteOnNode(folder, { rows, vars: { gateway: { LENGTH_CLASSES } } });
  return {
    service,
    suite,
    async close() {
      await service.close();
      await suite.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** How to start one, by the platform of all of its services. */
export const STREAMING_SUITES: readonly (readonly [name: string, start: () => Promise<StreamingSuite>])[] = [
  ['Workers', onWorkers],
  ['Node', onNode],
];
