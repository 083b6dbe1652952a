// Loaded by preload.mjs where LOCAL_RUN_CLOCK names the file of a time machine: `Date` and the timers of this process
// follow its clock. Not followed, because they are not ours to turn: `performance`, `process.hrtime`, file times,
// AbortSignal.timeout and the timeouts of sockets (networks keep real time), Intl without a date, and OpenSSL.
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { connect } from 'node:net';
import timers from 'node:timers';
import promised from 'node:timers/promises';
import { promisify } from 'node:util';

const RealDate = Date;
const realNow = Date.now.bind(Date);
const realSetTimeout = setTimeout;
const realSetInterval = setInterval;
let offsetMs = 0;
const virtualNow = () => realNow() + offsetMs;

/** Puts a new value in the place of a built-in one, with the attributes that it had. */
const replace = (object, name, value) =>
  Object.defineProperty(object, name, { ...Object.getOwnPropertyDescriptor(object, name), value });

// A proxy and not a subclass: `Date()` may be called, instances have one prototype, and statics and name are the same.
const VirtualDate = new Proxy(RealDate, {
  apply: () => new RealDate(virtualNow()).toString(),
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [virtualNow()] : args, newTarget),
});
replace(RealDate, 'now', function now() {
  return virtualNow();
});
replace(RealDate.prototype, 'constructor', VirtualDate);
replace(globalThis, 'Date', VirtualDate);

/**
 * Shorter ones keep real time: they are the patience of network clients (a minute for an operation, a minute for an
 * idle AMQP connection), and a peer that answers in real time must not be given up because the clock has jumped.
 */
const followedFromMs = 120_000;
/** Timeout object to its own delay and the virtual time at which it is due. */
const plans = new WeakMap();
let live = new Set();
let sweepAt = 1_000;

function track(timeout, fromMs = followedFromMs) {
  const delayMs = timeout._idleTimeout;
  if (!(delayMs > fromMs)) return timeout;
  plans.set(timeout, { delayMs, dueAt: virtualNow() + delayMs });
  live.add(timeout);
  if (live.size > sweepAt) {
    live = new Set([...live].filter(({ _destroyed }) => !_destroyed));
    sweepAt = Math.max(1_000, live.size * 2);
  }
  return timeout;
}

// Node's own Timeout objects stay what they are, so that ref, unref, hasRef, close, the number that stands for one and
// clearTimeout need nothing from us. Their delay is where a jump shortens them.
const { prototype } = realSetTimeout(() => {}, 0).unref().constructor;
const realRefresh = prototype.refresh;
replace(prototype, 'refresh', function refresh() {
  const plan = plans.get(this);
  if (plan) {
    this._idleTimeout = plan.delayMs;
    plan.dueAt = virtualNow() + plan.delayMs;
    live.add(this);
  }
  return realRefresh.call(this);
});

/** Gives `followed` the name, the length and what else the original has, but not what promisify makes of it. */
function inPlaceOf(real, followed) {
  const { [promisify.custom]: _, ...rest } = Object.getOwnPropertyDescriptors(real);
  return Object.defineProperties(followed, rest);
}
const followedSetTimeout = inPlaceOf(realSetTimeout, function (callback, delay, ...args) {
  return track(realSetTimeout(callback, delay, ...args));
});
// For the kit's clock, whose short waits are of the service and not of the network.
globalThis[Symbol.for('local-run-clock.setTimeout')] = (callback, delay) =>
  track(realSetTimeout(callback, delay), 0);
const followedSetInterval = inPlaceOf(setInterval, function (callback, delay, ...args) {
  if (typeof callback !== 'function') return realSetInterval(callback, delay, ...args);
  function beat(...given) {
    const plan = plans.get(timeout);
    if (plan) plan.dueAt = virtualNow() + plan.delayMs;
    return callback.apply(this, given);
  }
  const timeout = track(realSetInterval(beat, delay, ...args));
  return timeout;
});

const realSleep = promised.setTimeout;
/** As Node's own; the long ones follow. Node itself refuses wrong options and makes the AbortError. */
function sleep(delay, value, options = {}) {
  const { signal, ref = true } = options ?? {};
  const isOrdinary =
    typeof delay === 'number' &&
    delay > followedFromMs &&
    options !== null &&
    typeof options === 'object' &&
    typeof ref === 'boolean' &&
    (signal === undefined || signal instanceof AbortSignal) &&
    !signal?.aborted;
  if (!isOrdinary) return realSleep(delay, value, options);
  return new Promise((resolve) => {
    const abort = () => {
      clearTimeout(timeout);
      resolve(realSleep(0, value, options));
    };
    const timeout = followedSetTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve(value);
    }, delay);
    if (!ref) timeout.unref();
    signal?.addEventListener('abort', abort, { once: true });
  });
}
Object.defineProperty(sleep, 'name', { value: 'setTimeout' });

Object.defineProperty(followedSetTimeout, promisify.custom, { enumerable: true, get: () => sleep });
for (const place of [globalThis, timers]) {
  replace(place, 'setTimeout', followedSetTimeout);
  replace(place, 'setInterval', followedSetInterval);
}
replace(promised, 'setTimeout', sleep);
replace(Object.getPrototypeOf(promised.scheduler), 'wait', (delay, options) =>
  sleep(delay, undefined, options),
);
syncBuiltinESMExports();

/** The timers that fell due on the way fire in the order of their time, at the next turn; an interval once. */
function jumpTo(target) {
  if (!(target > offsetMs)) return;
  offsetMs = target;
  const now = virtualNow();
  live = new Set([...live].filter(({ _destroyed }) => !_destroyed));
  const waiting = [...live].map((timeout) => ({ timeout, dueAt: plans.get(timeout).dueAt }));
  for (const { timeout, dueAt } of waiting.sort((a, b) => a.dueAt - b.dueAt)) {
    timeout._idleTimeout = Math.max(1, dueAt - now);
    realRefresh.call(timeout);
  }
}

const file = process.env.LOCAL_RUN_CLOCK;
const readClock = () => JSON.parse(readFileSync(file, 'utf8'));

/** Listens to the time machine for as long as this process lives for reasons of its own. */
function listen() {
  let text = '';
  const again = () => realSetTimeout(listen, 1_000).unref();
  let port;
  try {
    port = readClock().port;
  } catch {
    return again();
  }
  const socket = connect({ port, host: '127.0.0.1' });
  socket.unref();
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      jumpTo(Number(line));
      socket.write(`${offsetMs}\n`);
    }
  });
  socket.on('error', () => {});
  socket.on('close', again);
}

jumpTo(readClock().offsetMs);
listen();
