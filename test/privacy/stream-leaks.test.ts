import { expect, test } from 'vitest';
import { PIECES } from '../leaks/bits.ts';
import { measureStreams } from '../leaks/streams.ts';

test('L1 a service that streams: total lengths reveal nothing, and pieces of requests and responses reveal their content', async () => {
  const channels = await measureStreams();
  const bits = new Map(channels.map((channel) => [channel.channel, channel.bits]));
  const quiet = [...bits].filter(([channel]) => !PIECES.has(channel));
  expect(quiet).toEqual([
    ['stream.whole-request.length', 0],
    ['stream.status', 0],
    ['stream.response.length', 0],
    ['stream.request.length', 0],
  ]);
  for (const { channel, samples } of channels) {
    expect(samples).toBe(channel.startsWith('stream.request.') ? 16 : 17);
  }
  for (const channel of PIECES) expect(bits.get(channel)).toBeGreaterThan(2); // of 4: this is documented and not hidden
}, 120_000);
