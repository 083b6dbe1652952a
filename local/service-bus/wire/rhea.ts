import type { EventEmitter } from 'node:events';
import rhea from 'rhea';

/**
 * The part of rhea 3.0.5 that the broker stands on, typed as it behaves. Its own typings are written for
 * clients: they leave out the accepting side, the local attach frame and the AMQP type system.
 */

/** One AMQP value with its wire type; reading and writing it again gives the same bytes' meaning. */
export interface Typed {
  type: { name: string; typecode: number };
  value: unknown;
  descriptor?: { value: unknown };
}

export interface AmqpError {
  condition: string;
  description: string;
  info?: Record<string, unknown>;
}

interface Terminus {
  address?: string | null;
  filter?: Record<string, unknown> | null;
}

/** A remote outcome keeps its fields as typed values in `value`, in the order of the specification. */
export interface Outcome {
  value: (Typed | null)[];
  constructor: { composite_type?: string };
}

export interface Delivery {
  id: number;
  tag: Buffer;
  format: number | null;
  link: Link;
  settled: boolean;
  remote_settled: boolean;
  remote_state: Outcome | undefined;
  update(settled: boolean, state: unknown): void;
}

interface AttachFields {
  snd_settle_mode: number | undefined;
  rcv_settle_mode: number | undefined;
  max_message_size: number;
  properties: Record<string, unknown>;
}

/** `updated` are deliveries whose outcome arrived and was not told yet: rhea tells it on the next tick. */
interface Session {
  outgoing: { next_pending_delivery: number; available(): number; updated: Delivery[] };
}

export interface Link {
  name: string;
  session: Session;
  source: Terminus | null;
  target: Terminus | null;
  properties: Record<string, unknown> | null | undefined;
  snd_settle_mode: number | undefined;
  rcv_settle_mode: number | undefined;
  local: { attach: AttachFields };
  state: { local_open: boolean; remote_open: boolean; open_requests: number };
  set_source(fields: Terminus): void;
  set_target(fields: Terminus): void;
  is_sender(): boolean;
  open(): void;
  close(error?: AmqpError): void;
}

/** The broker's sending side: the peer receives. */
export interface Sender extends Link {
  credit: number;
  /** `bytes` are an encoded message; `format` 0 keeps rhea from encoding them again. */
  send(bytes: Buffer, tag: Buffer | undefined, format: 0): Delivery;
  set_drained(drained: boolean): void;
}

export interface TransferFrame {
  performative: { handle: number; message_format?: number | null; more?: boolean | null };
  payload?: Buffer;
  channel: number;
}

interface DispositionFrame {
  performative: { first: number; last?: number | null };
}

export interface LinkContext {
  sender?: Sender;
  receiver?: Link;
  delivery?: Delivery;
  session?: Link['session'];
  /** Raw bytes, because the connection marks every transfer as one of a foreign format. */
  message?: Buffer;
}

/** What rhea needs of a socket. */
export interface ByteChannel {
  on(event: 'data' | 'error' | 'end', handler: (value: never) => void): void;
  write(bytes: Buffer): void;
  end(): void;
  destroy(): void;
  get_id_string(): string;
}

export interface Connection extends EventEmitter {
  accept(channel: ByteChannel): void;
  close(error?: AmqpError): void;
  on_transfer(frame: TransferFrame): void;
  on_disposition(frame: DispositionFrame): void;
  _process(): void;
  remote_channel_map: Record<number, { remote: { handles: Record<number, Link> } } | undefined>;
}

interface Reader {
  position: number;
  remaining(): number;
  read(): Typed;
}

interface Writer {
  write(value: Typed): void;
  toBuffer(): Buffer;
}

interface Types {
  Reader: new (bytes: Buffer) => Reader;
  Writer: new () => Writer;
  wrap(value: unknown): Typed;
  unwrap(value: Typed): unknown;
  described(descriptor: Typed, value: Typed): Typed;
  wrap_ulong(value: number): Typed;
  wrap_uint(value: number): Typed;
  wrap_ubyte(value: number): Typed;
  wrap_int(value: number): Typed;
  wrap_long(value: number | Buffer): Typed;
  wrap_boolean(value: boolean): Typed;
  wrap_timestamp(value: number): Typed;
  wrap_string(value: string): Typed;
  wrap_symbol(value: string): Typed;
  wrap_binary(value: Buffer): Typed;
  wrap_uuid(value: Buffer): Typed;
  wrap_list(values: readonly unknown[]): Typed;
  wrap_map(value: Record<string, unknown>): Typed;
  wrap_array(values: readonly unknown[], typecode: number): Typed;
}

/** A message of the request and response nodes, decoded to plain values. */
export interface DecodedMessage {
  message_id?: string | number | Buffer;
  correlation_id?: unknown;
  reply_to?: string;
  application_properties?: Record<string, unknown>;
  body?: unknown;
}

interface MessageCodec {
  encode(message: DecodedMessage): Buffer;
  decode(bytes: Buffer): DecodedMessage;
  accepted(): { described(): unknown };
  rejected(fields: { error?: AmqpError }): { described(): unknown };
  modified(fields: object): { described(): unknown };
}

interface Container extends EventEmitter {
  create_connection(options: Record<string, unknown>): Connection;
  sasl_server_mechanisms: Record<string, unknown> & { enable_anonymous(): void };
}

const vendor = rhea as unknown as {
  types: Types;
  message: MessageCodec;
  create_container(options: { id: string }): Container;
};

export const types = vendor.types;
export const messageCodec = vendor.message;

/** AMQP type codes of array elements. */
export const arrayOf = { timestamp: 0x83, long: 0x81, string: 0xa1, uuid: 0x98 } as const;

/** A mechanism that lets the client in at once: `$cbs` decides later what it may do. */
const admitAll = () => ({
  outcome: undefined as boolean | undefined,
  start() {
    this.outcome = true;
  },
});

export function createContainer(id: string): Container {
  const container = vendor.create_container({ id });
  container.sasl_server_mechanisms.enable_anonymous();
  // .NET and Python clients ask for MSSBCBS, which means the same as ANONYMOUS followed by $cbs.
  for (const name of ['MSSBCBS', 'EXTERNAL']) container.sasl_server_mechanisms[name] = admitAll;
  // An error event without a listener would end the process.
  container.on('error', () => {});
  return container;
}
