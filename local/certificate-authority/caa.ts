import { Resolver } from 'node:dns/promises';
import { Problem } from './problem.ts';

/** One property of a CAA record set (RFC 8659 section 4.1). */
interface CaaProperty {
  isCritical: boolean;
  tag: string;
  value: string;
}

/** Properties of the CAA set at this very name; empty where there is none. Rejects with a Problem. */
export type CaaLookup = (name: string) => Promise<readonly CaaProperty[]>;

/** REFUSED is a server that does not hold the name: above its zone there is nothing that it could say. */
const nothingThere = new Set(['ENODATA', 'ENOTFOUND', 'EREFUSED']);

export function createCaaLookup(server: { host: string; port: number }): CaaLookup {
  return async (name) => {
    const resolver = new Resolver({ timeout: 2_000, tries: 2 });
    resolver.setServers([`${server.host}:${server.port}`]);
    try {
      const records = await resolver.resolveCaa(name);
      return records.flatMap(({ critical, ...properties }) =>
        Object.entries(properties)
          .filter(([tag]) => tag !== 'type')
          .map(([tag, value]) => ({
            isCritical: critical > 0,
            tag: tag.toLowerCase(),
            value: String(value),
          })),
      );
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
      if (nothingThere.has(code)) return [];
      throw new Problem('dns', `DNS problem: ${code.replace(/^E/, '')} looking up CAA for ${name}`);
    }
  };
}

const understood = new Set(['issue', 'issuewild', 'iodef', 'contactemail', 'contactphone', 'issuemail']);

/** Who asks: the authority by its names, for an account whose address ends with this path. */
export interface CaaApplicant {
  identities: readonly string[];
  accountPath: string;
}

const pathOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).pathname : undefined);

/** RFC 8659 section 4.2 and RFC 8657: issuer, then parameters; an empty issuer permits nobody. */
function permits({ value }: CaaProperty, { identities, accountPath }: CaaApplicant): boolean {
  const [issuer = '', ...parameters] = value.split(';').map((part) => part.trim());
  if (!identities.includes(issuer.toLowerCase())) return false;
  return parameters.every((parameter) => {
    const [, tag = '', setting = ''] = /^([^=\s]+)\s*=\s*(.*)$/.exec(parameter) ?? [];
    if (tag.toLowerCase() === 'validationmethods') return setting.split(',').includes('dns-01');
    return tag.toLowerCase() !== 'accounturi' || pathOf(setting) === accountPath;
  });
}

function isPermitted(
  properties: readonly CaaProperty[],
  isWildcard: boolean,
  applicant: CaaApplicant,
): boolean {
  if (properties.some(({ isCritical, tag }) => isCritical && !understood.has(tag))) return false;
  const wild = properties.filter(({ tag }) => isWildcard && tag === 'issuewild');
  const relevant = wild.length > 0 ? wild : properties.filter(({ tag }) => tag === 'issue');
  return relevant.length === 0 || relevant.some((property) => permits(property, applicant));
}

/** RFC 8659 section 3: the set closest to the name counts, up to the top; throws `caa` when it forbids. */
export async function requirePermission(
  lookUp: CaaLookup,
  applicant: CaaApplicant,
  { name, isWildcard }: { name: string; isWildcard: boolean },
): Promise<void> {
  const labels = name.split('.');
  for (let depth = 0; depth < labels.length; depth++) {
    const owner = labels.slice(depth).join('.');
    const properties = await lookUp(owner);
    if (properties.length === 0) continue;
    if (isPermitted(properties, isWildcard, applicant)) return;
    throw new Problem('caa', `CAA record for ${owner} prevents issuance`);
  }
}
