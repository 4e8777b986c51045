// Loaded into every process of a test: names under .test are on this machine, whose clock the test may set.
import dns from 'node:dns';
import { readFileSync } from 'node:fs';

const { SOTTO_CLOCK } = process.env;
const READ_MS = 20;

if (SOTTO_CLOCK !== undefined) {
  const machineNow = Date.now;
  let [offset, readAt] = [0, Number.NEGATIVE_INFINITY];
  /** Milliseconds that the test has let pass, beside those that did. */
  const passed = () => {
    if (performance.now() - readAt > READ_MS) {
      offset = Number(readFileSync(SOTTO_CLOCK, 'utf8'));
      readAt = performance.now();
    }
    return offset;
  };
  Date.now = () => machineNow() + passed();
}

const { lookup } = dns;

/** `dns.lookup` as node:net and node:tls call it. */
dns.lookup = (name, options, callback) => {
  if (!name.endsWith('.test')) return lookup(name, options, callback);
  const done = callback ?? options;
  const all = typeof options === 'object' && options?.all === true;
  process.nextTick(() =>
    all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
  );
};
