import { expect, test } from 'vitest';
import { memoryCounters, metricsText, Tally, type CounterFamily } from '../src/metrics.ts';

const FAMILIES: readonly CounterFamily[] = [
  { name: 'issued', help: 'Tokens issued.', label: 'service' },
  { name: 'refused', help: 'Requests refused.', label: 'reason' },
];

test('metrics: have HELP, TYPE and _total, sorted, in steps of 50', () => {
  const text = metricsText('sotto_issuer', FAMILIES, {
    'refused b': 149,
    'refused a': 50,
    'issued x': 49,
    'other y': 100,
  });
  expect(text).toBe(
    '# HELP sotto_issuer_issued_total Tokens issued.\n' +
      '# TYPE sotto_issuer_issued_total counter\n' +
      '# HELP sotto_issuer_refused_total Requests refused.\n' +
      '# TYPE sotto_issuer_refused_total counter\n' +
      'sotto_issuer_refused_total{reason="a"} 50\n' +
      'sotto_issuer_refused_total{reason="b"} 100\n',
  );
});

test('metrics: the counts of two isolates add up in one store, each flushed once', async () => {
  const store = memoryCounters();
  const isolates = [new Tally(), new Tally()];
  for (const tally of isolates) {
    tally.count('issued x', 30);
    await tally.flush(store);
    expect(tally.isEmpty).toBe(true);
    await tally.flush(store);
  }
  expect(await store.totals()).toEqual({ 'issued x': 60 });
});
