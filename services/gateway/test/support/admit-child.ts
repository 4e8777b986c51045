// A second process on the gateway's file: FILE and how many envelopes as arguments. It prints the result of
// each.
import { setTimeout as sleep } from 'node:timers/promises';
import { openFile } from '@sotto/service/sqlite/file';
import { GATEWAY_FILE, sqliteStores } from '../../src/node/stores.ts';
import { patiently } from './patiently.ts';

const [, , path = '', count = '0'] = process.argv;
const { keys, replays } = sqliteStores(openFile(path, GATEWAY_FILE), async (ms) => sleep(ms), 1000);
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
const envelopes = Array.from({ length: Number(count) }, (_, i) => Uint8Array.of(i >> 8, i));
const verdicts = await Promise.all(
  envelopes.map((envelope) => replays.admit(envelope, 2000, 1000).catch(() => 'failed')),
);
const mark = Uint8Array.of(process.pid & 255, process.pid >> 8);
await patiently(() => keys.add([{ epochIndex: 7, tagKey: mark, keys: [] }]));
const [epoch] = await patiently(() => keys.epochs(7, 7));
process.stdout.write(`${JSON.stringify({ verdicts, epoch: [...(epoch?.tagKey ?? [])] })}\n`);
// It runs until it is killed: its results are in the file.
setInterval(() => {}, 1000);
