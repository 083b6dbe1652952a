import { caaForbids } from '#shared/domain/caa.ts';
import { hostNamesOf } from '#shared/domain/certificate.ts';
import { AppError } from '#shared/domain/error.ts';
import type { CertificateAuthority } from '#shared/ports/certificate-authority.ts';
import type { DnsZone } from '#shared/ports/dns-zone.ts';
import type { PublicDns } from '#shared/ports/public-dns.ts';

/** Delegation first, with everything that is wrong in one answer; then whether CAA allows this authority. */
export async function checkNames(
  { dns, publicDns }: { dns: DnsZone; publicDns: PublicDns },
  authority: CertificateAuthority,
  machineName: string,
): Promise<void> {
  const expected = await dns.nameServers();
  const { delegatedTo, faults } = await publicDns.checkDelegation(dns.zone, expected);
  if (faults.length > 0) {
    throw new AppError('dns_delegation_broken', faults.join('; '), {
      facts: { zone: dns.zone, expected, delegatedTo, faults },
    });
  }
  const identities = await authority.caaIdentities();
  if (identities.length === 0) return;
  const [baseName = ''] = hostNamesOf(machineName, dns.zone);
  const records = await publicDns.findCaa(baseName);
  const objection = caaForbids(records, identities, false) ?? caaForbids(records, identities, true);
  if (objection !== undefined) {
    throw new AppError('certificate_authority_forbidden', `${baseName}: ${objection}`, {
      facts: { authority: authority.name, identities },
    });
  }
}
