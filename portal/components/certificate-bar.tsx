import type { Certificate } from '../api/replies.ts';
import { validityOf } from '../model/certificate.ts';
import { formatAbsolute } from '../model/time.ts';

const width = 48;

/** How much of the certificate's life is left. */
export function CertificateBar({ certificate, now }: { certificate: Certificate; now: number }) {
  const { elapsed, tone, words } = validityOf(certificate, now);
  const left = certificate.notAfter ? Math.max(2, (1 - elapsed) * width) : 0;
  return (
    <span
      class="certificate-bar"
      title={certificate.notAfter ? `Ends ${formatAbsolute(certificate.notAfter)}` : 'It is not issued yet'}
    >
      <svg width={width} height="6" viewBox={`0 0 ${width} 6`} aria-hidden="true">
        <rect class="bar-track" width={width} height="6" rx="3" />
        {left > 0 && <rect class={`bar-fill tone-${tone}`} width={left} height="6" rx="3" />}
      </svg>
      {words}
    </span>
  );
}
