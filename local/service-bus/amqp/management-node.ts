import type { Fault } from '#local/kit/faults.ts';
import type { ConnectionClaims } from '../access/connection-claims.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import { messageCodec } from '../wire/rhea.ts';
import { requireWellFormed } from '../wire/well-formed.ts';
import {
  countedName,
  loseLocks,
  type ManagementContext,
  managementOperations,
} from './management-operations.ts';
import { bodyOf } from './management-values.ts';
import type { LinkNode } from './node.ts';
import type { Operations } from './operations.ts';
import type { ReplyLinks } from './reply-links.ts';

export const managementSuffix = '/$management';

interface ManagementOptions extends ManagementContext {
  /** As the client wrote it, with the suffix. */
  address: string;
  claims: ConnectionClaims;
  replies: ReplyLinks;
  operations: Operations;
}

/** The request and response node of one entity. */
export function createManagementNode(options: ManagementOptions): LinkNode {
  const { address, claims, path, replies } = options;
  return {
    onMessage(bytes, delivery) {
      requireWellFormed(bytes);
      const request = messageCodec.decode(bytes);
      delivery.update(true, messageCodec.accepted().described());
      const name = String(request.application_properties?.['operation']);
      const operation = Object.hasOwn(managementOperations, name) ? managementOperations[name] : undefined;
      const work = (fault: Fault | undefined) => {
        if (!operation)
          throw new ServiceBusError(
            'not_implemented',
            `The local Service Bus lacks the operation '${name}'.`,
          );
        claims.require(path, operation.right);
        const asked = bodyOf(request.body);
        if (fault?.lockLost) loseLocks(options, asked);
        const body = operation.run(options, asked);
        const status = body ? 200 : 204;
        replies.reply(address, request, { status, description: body ? 'OK' : 'No Content', body });
      };
      const counted = operation ? countedName(name) : 'unknown';
      options.operations.run(counted, work, (reason) => replies.refuse(address, request, reason));
    },
  };
}
