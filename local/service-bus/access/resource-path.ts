/**
 * A resource of the namespace as tokens name it: `sb://local.servicebus.localhost:5671/queue`, with any scheme or
 * none, with or without port and query (the administration client signs the whole URL). Answers the path in lower case without slashes around it, or undefined when the
 * host is another namespace's.
 */
export function resourcePathOf(resource: string, namespace: string): string | undefined {
  const parts = /^(?:[a-z]+:\/\/)?([^/:]+)(?::\d+)?(\/[^?#]*)?(?:[?#].*)?$/i.exec(resource.trim());
  const host = parts?.[1]?.toLowerCase();
  if (host === undefined) return undefined;
  // The development emulator string names the machine instead of the namespace.
  const isOurs =
    host.split('.')[0] === namespace.toLowerCase() || host === 'localhost' || host === '127.0.0.1';
  return isOurs ? trimPath(parts?.[2] ?? '').replace(managementSuffix, '') : undefined;
}

/** Who may use an entity may ask its management node, which clients name as a resource of its own. */
const managementSuffix = /\/\$management$/;
const aroundPath = /^\/+|\/+$/g;

export const trimPath = (path: string): string => path.replaceAll(aroundPath, '').toLowerCase();

/** `a/b`, then `a`, then the root: a token for any of them covers the path. */
export function* pathAndAbove(path: string): Generator<string> {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) yield path.slice(0, end);
  yield '';
}

/** Whether a claim on one resource reaches another: itself, or anything below it. The root is the empty path. */
export const covers = (claimed: string, wanted: string): boolean =>
  claimed === '' || claimed === wanted || wanted.startsWith(`${claimed}/`);
