import type { KeyVaultCertificate } from '@azure/keyvault-certificates';

type Tags = Readonly<Record<string, string>>;

/**
 * On a version of an integrated issuer until its chain was fetched. Such an issuer may be done while nobody waits
 * any more, or before a call that crashed is repeated: the order that is begun next takes what lies there, and none
 * is paid twice.
 */
const uncollectedTag = 'uncollected';

export const asUncollected = (tags: Tags): Record<string, string> => ({ ...tags, [uncollectedTag]: 'yes' });

export const isUncollected = ({ properties }: KeyVaultCertificate): boolean =>
  properties.tags?.[uncollectedTag] !== undefined;

/** The tags that somebody gave it, without ours. */
export function tagsOf({ properties }: KeyVaultCertificate): Record<string, string> {
  const { [uncollectedTag]: _, ...tags } = properties.tags ?? {};
  return tags;
}
