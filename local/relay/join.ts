import type { WebSocket } from 'ws';
import { closeCodes } from './control-channel.ts';

/** A leg is not read while the other one has more than this to send. */
const highWaterBytes = 1024 * 1024;

function forward(from: WebSocket, to: WebSocket): void {
  from.on('message', (data, isBinary) => {
    to.send(data, { binary: isBinary }, () => {
      if (from.isPaused && to.bufferedAmount < highWaterBytes / 2) from.resume();
    });
    if (to.bufferedAmount > highWaterBytes) from.pause();
  });
  from.on('error', () => {});
}

/**
 * Relays messages between a sender and a listener, whole and uninterpreted, until one of them closes. The other
 * is told so after everything that was sent before: a sender gets 1000, a listener 1001; a leg that broke off without a closing
 * handshake is 1011 for the sender, so that it does not take what it got for all there was.
 */
export function join(sender: WebSocket, listener: WebSocket): void {
  forward(sender, listener);
  forward(listener, sender);
  sender.once('close', () => listener.close(closeCodes.gone, 'The sender closed the connection.'));
  listener.once('close', (code) => {
    const isClean = code === closeCodes.normal || code === closeCodes.gone || code === 1005;
    if (isClean) sender.close(closeCodes.normal);
    else sender.close(closeCodes.internalError, 'The connection to the listener was lost.');
  });
}
