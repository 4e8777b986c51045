// Loaded into every process of a test: names under .test are on this machine.
import dns from 'node:dns';

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
