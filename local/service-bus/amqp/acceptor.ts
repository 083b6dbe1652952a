import type { Calls } from '#local/kit/calls.ts';
import type { Faults } from '#local/kit/faults.ts';
import { standardTier } from '../limits.ts';
import type { ChannelEvents, OpenChannel } from '../listener/byte-channel.ts';
import { asServiceBusError, ServiceBusError } from '../service-bus-error.ts';
import { createFrameGate } from '../wire/frame-gate.ts';
import { createContainer } from '../wire/rhea.ts';
import { type ConnectionOptions, serveConnection } from './connection.ts';
import { asAmqpError } from './node.ts';
import { createOperations } from './operations.ts';

export interface AcceptorOptions extends Omit<ConnectionOptions, 'operations'> {
  calls: Calls;
  faults: Faults;
}

/** Takes a new channel of bytes, whatever carries it, and serves AMQP on it. */
export type Acceptor = (open: (events: ChannelEvents) => OpenChannel) => void;

const connectionOptions = {
  autoaccept: false,
  treat_modified_as_released: false,
  max_frame_size: standardTier.frameBytes,
  channel_max: 4_999,
  // The service drops a connection that is silent for four minutes.
  idle_time_out: 240_000,
  // How many deliveries of one session may wait for their outcome: rhea keeps a slot for each.
  session_buffer_size: 8_192,
  properties: { product: 'admin-center-local-service-bus' },
};

export function createAcceptor(options: AcceptorOptions): Acceptor {
  const container = createContainer(`${options.namespaceName}-service-bus`);
  let connected = 0;

  return (open) => {
    const connection = container.create_connection(connectionOptions);
    let end = () => {};
    const refuse = (reason: ServiceBusError) => {
      connection.close(asAmqpError(reason));
      // After the close frame, which rhea writes on the next tick.
      setImmediate(() => channel.destroy());
    };
    const gate = createFrameGate((unit) => channel.pass(unit));
    const channel = open({
      onBytes(bytes) {
        try {
          gate(bytes);
        } catch (error) {
          refuse(asServiceBusError(error));
        }
      },
      onClosed() {
        connected -= 1;
        end();
      },
    });
    connected += 1;
    const operations = createOperations(options.calls, options.faults, () => channel.destroy());
    end = serveConnection(connection, channel, { ...options, operations });
    if (connected > standardTier.connections)
      connection.once('connection_open', () =>
        refuse(
          new ServiceBusError(
            'quota_exceeded',
            `The namespace has its most connections: ${standardTier.connections}.`,
          ),
        ),
      );
  };
}
