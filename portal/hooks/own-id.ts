import { usePortal } from './portal.ts';
import { useRemote } from './remote.ts';

/** Object id of the signed-in person, once the service has said it. */
export function useOwnId(): string | undefined {
  const { api } = usePortal();
  return useRemote('me', api.me).value?.id;
}
