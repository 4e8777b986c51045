// Loaded into every process of a test: names under .test are on this machine, whose time the test may let pass.
import dns from 'node:dns';
import { readFileSync } from 'node:fs';

const { SOTTO_CLOCK } = process.env;
const READ_MS = 20;

if (SOTTO_CLOCK !== undefined) {
  const machineNow = Date.now;
  const elapsed = performance.now.bind(performance);
  const { setTimeout: startTimer, setInterval: startInterval, clearTimeout: stopTimer } = globalThis;
  let [offset, readAt] = [0, Number.NEGATIVE_INFINITY];
  /** Milliseconds that the test has let pass, beside those that did. */
  const passed = () => {
    if (elapsed() - readAt > READ_MS) {
      offset = Number(readFileSync(SOTTO_CLOCK, 'utf8'));
      readAt = elapsed();
    }
    return offset;
  };
  Date.now = () => machineNow() + passed();
  performance.now = () => elapsed() + passed();

  // A timer is also due when the test has let its time pass.
  const timers = new Map();
  globalThis.setTimeout = (work, milliseconds, ...words) => {
    const run = () => {
      timers.delete(timer);
      work(...words);
    };
    const timer = startTimer(run, milliseconds);
    if (milliseconds > 1000) timers.set(timer, { due: Date.now() + milliseconds, run });
    return timer;
  };
  globalThis.clearTimeout = (timer) => {
    timers.delete(timer);
    stopTimer(timer);
  };
  startInterval(() => {
    const now = Date.now();
    for (const [timer, { due, run }] of timers) {
      if (due > now) continue;
      stopTimer(timer);
      run();
    }
  }, 5 * READ_MS).unref();
}

const { lookup } = dns;

/** `dns.lookup` as node:net and node:tls call it. */
dns.lookup = (name, options, callback) => {
  if (!name.endsWith('.test')) {
    lookup(name, options, callback);
    return;
  }
  const done = callback ?? options;
  const all = typeof options === 'object' && options?.all === true;
  process.nextTick(() =>
    all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
  );
};
