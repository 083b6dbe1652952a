import type { CertificateReply } from '../api/replies.ts';
import { custodies, revocationReasons } from '../model/certificate-words.ts';
import { formatAbsolute } from '../model/time.ts';
import { CopyButton } from './copy-button.tsx';
import { TimeAgo } from './time-ago.tsx';

function Copied({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd class="with-button">
        <code class="cut" title={value}>
          {value}
        </code>
        <CopyButton text={() => value} label={`Copy the ${name.toLowerCase()}`} />
      </dd>
    </>
  );
}

/** Who holds the key, who issued it, for which names. */
export function CertificateFacts({ certificate, now }: { certificate: CertificateReply; now: number }) {
  const { leaf, previous, custody, checkAt, replacement } = certificate;
  return (
    <dl class="facts">
      <dt>Key</dt>
      <dd>
        {custodies[leaf?.custody ?? custody].holder}
        {leaf && leaf.custody !== custody && (
          <span class="second">{custodies[custody].holder} from the next one on</span>
        )}
      </dd>
      {leaf && (
        <>
          <dt>Issued by</dt>
          <dd>
            {leaf.issuedBy.name}
            <span class="second">{leaf.issuedBy.authority}</span>
          </dd>
          <dt>In service</dt>
          <dd>
            {leaf.servedAt ? (
              <>
                since {formatAbsolute(leaf.servedAt)}, <TimeAgo at={leaf.servedAt} now={now} />
              </>
            ) : previous ? (
              'not yet; the one before it still is'
            ) : (
              'not yet'
            )}
          </dd>
          <dt>Names</dt>
          <dd>
            {leaf.hostNames.map((name) => (
              <code key={name} class="host-name">
                {name}
              </code>
            ))}
          </dd>
          {checkAt && (
            <>
              <dt>Next check</dt>
              <dd>
                <TimeAgo at={checkAt} now={now} />, the authority is asked for its window
              </dd>
            </>
          )}
          <Copied name="Thumbprint" value={leaf.thumbprint} />
          <Copied name="Serial number" value={leaf.serialNumber} />
        </>
      )}
      {replacement && (
        <>
          <dt>Replacement</dt>
          <dd>
            asked for <TimeAgo at={replacement.requestedAt} now={now} />:{' '}
            {revocationReasons[replacement.reason].toLowerCase()}
            <span class="second">
              {replacement.revoke ? 'The old one is revoked.' : 'The old one is not revoked.'}
            </span>
          </dd>
        </>
      )}
    </dl>
  );
}
