// Loaded with --import into every process of a local run. Debian's resolver does not know *.localhost (browsers
// do, RFC 6761 section 6.3), and the local certificate authority is in no trust store: both are added here,
// so that clients keep their production settings and certificate checks stay on.
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import tls from 'node:tls';

// First, so that nothing keeps the real clock. Without a time machine nothing is touched.
if (process.env.LOCAL_RUN_CLOCK) await import('./follow-clock.mjs');

const isLocal = (host) => typeof host === 'string' && host.toLowerCase().endsWith('.localhost');

const lookup = dns.lookup;
function localLookup(host, options, callback) {
  const done = typeof options === 'function' ? options : callback;
  if (!isLocal(host)) return lookup.call(dns, host, options, callback);
  if (typeof options === 'object' && options?.all)
    process.nextTick(done, null, [{ address: '127.0.0.1', family: 4 }]);
  else process.nextTick(done, null, '127.0.0.1', 4);
}
dns.lookup = localLookup;
// CommonJS clients hold the same object; ES modules that imported `lookup` by name are updated here.
createRequire(import.meta.url)('node:dns').lookup = localLookup;

const promised = dns.promises.lookup;
dns.promises.lookup = async (host, options) => {
  if (!isLocal(host)) return promised.call(dns.promises, host, options);
  const answer = { address: '127.0.0.1', family: 4 };
  return typeof options === 'object' && options?.all ? [answer] : answer;
};
syncBuiltinESMExports();

const file = process.env.ADMIN_CENTER_LOCAL_CA_FILE ?? process.env.NODE_EXTRA_CA_CERTS;
if (file && tls.setDefaultCACertificates) {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(file, 'utf8')]);
}

// A process of a local run ends in good order when the one that started it is gone, even after kill -9.
if (process.env.LOCAL_RUN_CHILD && process.channel) {
  process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel.unref();
  // Not for the processes that this one starts: their channels are in use.
  delete process.env.LOCAL_RUN_CHILD;
}
