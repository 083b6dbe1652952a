export type ScopeKind = 'resource' | 'resource group' | 'subscription' | 'management group' | 'root';

/** Where an assignment was made, by the shape of its scope. */
export function scopeKindOf(scope: string): ScopeKind {
  const segments = scope.toLowerCase().split('/').filter(Boolean);
  if (segments.length === 0) return 'root';
  if (segments[0] === 'providers' && segments[1] === 'microsoft.management') return 'management group';
  if (segments[0] === 'subscriptions' && segments.length === 2) return 'subscription';
  return segments.length === 4 && segments[2] === 'resourcegroups' ? 'resource group' : 'resource';
}
