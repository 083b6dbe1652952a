/** RFC 8659 section 4: one property of a CAA record set. */
export interface CaaRecord {
  /** A property with this flag that is not understood forbids all issuance. */
  critical: boolean;
  /** `issue`, `issuewild`, `iodef`..., lower case. */
  tag: string;
  value: string;
}

/** Tags that authorities of server certificates know; the last ones say nothing about issuing them (RFC 9495). */
const knownTags = new Set(['issue', 'issuewild', 'iodef', 'issuemail', 'contactemail', 'contactphone']);

/** RFC 8659 section 4.2: `[domain] [; tag=value ...]`. */
const label = '[a-z0-9](?:-*[a-z0-9])*';
const parameter = `(${label})=([\\x21-\\x3a\\x3c-\\x7e]*)`;
const shape = new RegExp(
  `^[ \\t]*(?<issuer>${label}(?:\\.${label})*)?[ \\t]*(?:;[ \\t]*(?<parameters>${parameter}(?:[ \\t]*;[ \\t]*${parameter})*)?[ \\t]*)?$`,
  'i',
);

/** How our orders prove a name; RFC 8657 section 4 lets a record name the methods that it allows. */
const method = 'dns-01';

interface Permission {
  issuer: string;
  allowsMethod: boolean;
}

/** Undefined permits nobody: an empty value, or one that no authority can read. */
function readPermission(value: string): Permission | undefined {
  const { issuer, parameters = '' } = shape.exec(value)?.groups ?? {};
  if (!issuer) return undefined;
  const methods = parameters
    .split(';')
    .map((part) => part.trim().split('='))
    .filter(([tag]) => tag?.toLowerCase() === 'validationmethods')
    .flatMap(([, list = '']) => list.split(','));
  return { issuer: issuer.toLowerCase(), allowsMethod: methods.length === 0 || methods.includes(method) };
}

/**
 * Why a CAA set (the one that holds for the name) forbids an authority with these identities to issue; undefined
 * when it does not. `wildcard` is whether the certificate has a wildcard name. Without identities only a set that
 * permits nobody is certain to forbid. An `accounturi` is left to the authority, which knows its accounts.
 */
export function caaForbids(
  records: readonly CaaRecord[],
  identities: readonly string[],
  wildcard: boolean,
): string | undefined {
  const unknown = records.find(({ critical, tag }) => critical && !knownTags.has(tag));
  if (unknown)
    return `the critical CAA property '${unknown.tag}' forbids every authority that does not know it`;
  const hasOwnWild = wildcard && records.some(({ tag }) => tag === 'issuewild');
  const tag = hasOwnWild ? 'issuewild' : 'issue';
  const relevant = records.filter((record) => record.tag === tag);
  if (relevant.length === 0) return undefined;
  const permissions = relevant.map(({ value }) => readPermission(value)).filter((one) => one !== undefined);
  if (permissions.length === 0) return `CAA '${tag}' permits no authority`;
  const wanted = new Set(identities.map((identity) => identity.toLowerCase()));
  if (wanted.size === 0) return undefined;
  const ours = permissions.filter(({ issuer }) => wanted.has(issuer));
  const permitted = [...new Set(permissions.map(({ issuer }) => issuer))].join(', ');
  if (ours.length === 0) return `CAA '${tag}' permits ${permitted} and not ${identities.join(', ')}`;
  if (ours.some(({ allowsMethod }) => allowsMethod)) return undefined;
  return `CAA '${tag}' does not permit ${method} (RFC 8657)`;
}
