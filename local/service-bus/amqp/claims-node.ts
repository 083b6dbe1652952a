import type { Authorization } from '../access/authorization.ts';
import type { ConnectionClaims } from '../access/connection-claims.ts';
import { resourcePathOf } from '../access/resource-path.ts';
import { ServiceBusError } from '../service-bus-error.ts';
import { type DecodedMessage, messageCodec } from '../wire/rhea.ts';
import { requireWellFormed } from '../wire/well-formed.ts';
import type { LinkNode } from './node.ts';
import type { Operations } from './operations.ts';
import type { ReplyLinks } from './reply-links.ts';

export const claimsAddress = '$cbs';

interface ClaimsOptions {
  namespace: string;
  authorization: Authorization;
  claims: ConnectionClaims;
  replies: ReplyLinks;
  operations: Operations;
}

/** Claims-based security: `put-token` requests (OASIS AMQP CBS, and the Service Bus protocol guide). */
export function createClaimsNode({
  namespace,
  authorization,
  claims,
  replies,
  operations,
}: ClaimsOptions): LinkNode {
  const putToken = async (request: DecodedMessage, skewMs: number | undefined) => {
    const { operation, name, type } = request.application_properties ?? {};
    if (operation !== 'put-token')
      throw new ServiceBusError(
        'not_implemented',
        `The local Service Bus lacks the $cbs operation '${String(operation)}'.`,
      );
    const [resource, token] = [name, request.body];
    if (typeof resource !== 'string' || typeof token !== 'string')
      throw new ServiceBusError('argument', 'A put-token request needs a name and a token of type string.');
    // .NET and JavaScript clients say `jwt`, others `amqp:jwt`.
    const isJwt = String(type).toLowerCase().endsWith('jwt');
    const grant = isJwt
      ? await authorization.verifyJwt(token, resource, skewMs)
      : authorization.verifySharedAccess(token, resource, skewMs);
    claims.put(resourcePathOf(resource, namespace) ?? '', grant);
  };

  return {
    onMessage(bytes, delivery) {
      requireWellFormed(bytes);
      const request = messageCodec.decode(bytes);
      delivery.update(true, messageCodec.accepted().described());
      const refuse = (reason: unknown) => replies.refuse(claimsAddress, request, reason);
      const accept = () => replies.reply(claimsAddress, request, { status: 202, description: 'Accepted' });
      operations.run(
        claimsAddress,
        (fault) => void putToken(request, fault?.skewMs).then(accept, refuse),
        refuse,
      );
    },
  };
}
