import { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';

/** Messages that we send hold at most this, so that no relay on the way needs more for one. */
const maxMessageBytes = 64 * 1024;
const normalClosure = 1000;

const asBuffer = (data: RawData): Buffer =>
  Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);

/**
 * A byte stream with half-close over a WebSocket, which has none. Convention of both our ends:
 *
 * - bytes travel in binary messages that are not empty; their borders mean nothing;
 * - an **empty binary message** says that its sender will send no more, as FIN does in TCP;
 * - the WebSocket is closed with 1000 when both ends have said so; a close before that is a broken stream
 *   (`ECONNRESET`), so that nobody takes a cut stream for a whole one.
 *
 * As with a socket, `destroy()` drops what is not sent yet; an async iterator calls it when its loop ends.
 */
export class WebSocketDuplex extends Duplex {
  readonly #socket: WebSocket;
  #hasEnded = false;

  /** The WebSocket must be open, or about to be in this same turn. */
  constructor(socket: WebSocket) {
    super({ allowHalfOpen: true, autoDestroy: true });
    this.#socket = socket;
    socket.on('message', (data, isBinary) => this.#receive(asBuffer(data), isBinary));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', (code, reason) => {
      if (this.#hasEnded && this.writableFinished) return;
      const detail = `${code}${reason.length > 0 ? `: ${reason}` : ''}`;
      const broken = new Error(`the tunnel was closed before the end of the stream (${detail})`);
      this.destroy(Object.assign(broken, { code: 'ECONNRESET' }));
    });
  }

  #receive(data: Buffer, isBinary: boolean): void {
    // What still arrives while the WebSocket closes is nobody's.
    if (this.destroyed) return;
    if (!isBinary || this.#hasEnded) {
      this.destroy(new Error(isBinary ? 'bytes came after the end of the stream' : 'a text message came'));
    } else if (data.length === 0) {
      this.#hasEnded = true;
      this.push(null);
    } else if (!this.push(data)) this.#socket.pause();
  }

  override _read(): void {
    if (this.#socket.isPaused) this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    // An empty write means nothing, while an empty message would end the stream.
    if (chunk.length === 0) return callback();
    for (let at = 0; at < chunk.length; at += maxMessageBytes) {
      const isLast = at + maxMessageBytes >= chunk.length;
      const part = chunk.subarray(at, at + maxMessageBytes);
      this.#socket.send(part, { binary: true }, isLast ? callback : undefined);
    }
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.send(Buffer.alloc(0), { binary: true }, callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const isComplete = !error && this.#hasEnded && this.writableFinished;
    // A paused WebSocket never reads the answer to its closing handshake.
    if (this.#socket.isPaused) this.#socket.resume();
    if (isComplete) this.#socket.close(normalClosure);
    else this.#socket.terminate();
    callback(error);
  }
}
