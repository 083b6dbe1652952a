import type { Certificate } from '../api/replies.ts';
import { formatDay } from '../model/time.ts';

export function CertificateCard({ certificate }: { certificate: Certificate | null; now: number }) {
  return (
    <section class="card" aria-labelledby="certificate-heading">
      <h2 id="certificate-heading">Certificate</h2>
      {certificate?.notAfter ? (
        <p>Ends {formatDay(certificate.notAfter)}.</p>
      ) : (
        <p class="quiet">There is none yet. It is issued while Windows Admin Center is installed.</p>
      )}
    </section>
  );
}
