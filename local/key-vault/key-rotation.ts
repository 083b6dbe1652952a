import { requireObject, requireVersion } from './collection.ts';
import { createKeyMaterial, parametersOf } from './key-material.ts';
import { addKeyVersion } from './key-version.ts';
import {
  completeRotationPolicy,
  defaultRotationPolicy,
  type RotationPolicy,
  rotationDue,
  rotationPolicyParameters,
  secondsOf,
} from './rotation-policy.ts';
import { keyOf, nowSeconds, parseBody, type Route, type VaultCall, type VaultContext } from './vault-call.ts';
import { forbidden } from './vault-error.ts';

const renderRotationPolicy = (call: VaultCall, name: string, policy: RotationPolicy) => ({
  id: `${call.baseUrl}/keys/${name}/rotationpolicy`,
  ...policy,
});

async function rotate(context: VaultContext, call: VaultCall) {
  const { object, version } = requireVersion(context, call, 'keys');
  const { body, tags } = version;
  const privateKey = await createKeyMaterial(parametersOf(body.privateKey));
  const lifetime = object.detail.rotationPolicy?.attributes.expiryTime;
  return addKeyVersion(context, call, {
    privateKey,
    operations: body.operations,
    ...(lifetime && { attributes: { expires: nowSeconds(context) + secondsOf(lifetime) } }),
    tags,
  });
}

/**
 * Rotates the key that the route names when its policy says that it is time. The service does so by itself; here it
 * happens when somebody looks, which nobody can tell apart except by the new version's time of creation.
 */
export async function rotateWhenDue(context: VaultContext, call: VaultCall): Promise<void> {
  const key = keyOf(call, 'keys');
  const object = context.store.find(key);
  const policy = object?.detail.rotationPolicy;
  const version = policy && object.deletedAt === undefined ? context.store.latest(key) : undefined;
  const due = policy && version && rotationDue(policy, version);
  if (due !== undefined && nowSeconds(context) >= due)
    await rotate(context, { ...call, parameters: { name: key.name } });
}

export const keyRotationRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/keys/{name}/rotationpolicy',
    operation: 'GetKeyRotationPolicy',
    handle(context, call) {
      const { name, detail } = requireObject(context, keyOf(call, 'keys'));
      const policy = detail.rotationPolicy ?? defaultRotationPolicy(nowSeconds(context));
      return { status: 200, body: renderRotationPolicy(call, name, policy) };
    },
  },
  {
    method: 'PUT',
    path: '/keys/{name}/rotationpolicy',
    operation: 'UpdateKeyRotationPolicy',
    handle(context, call) {
      const wanted = parseBody(call, rotationPolicyParameters);
      return context.store.atomically(() => {
        const object = requireObject(context, keyOf(call, 'keys'));
        if (object.managed)
          throw forbidden(
            `Operation update is not allowed on ${object.name}: it is managed by the certificate of that name.`,
            'OperationNotAllowedOnManagedObject',
          );
        const rotationPolicy = completeRotationPolicy(
          wanted,
          object.detail.rotationPolicy,
          nowSeconds(context),
        );
        context.store.save({ ...object, detail: { ...object.detail, rotationPolicy } });
        return { status: 200, body: renderRotationPolicy(call, object.name, rotationPolicy) };
      });
    },
  },
  { method: 'POST', path: '/keys/{name}/rotate', operation: 'RotateKey', handle: rotate },
];
