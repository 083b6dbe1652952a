import { useState } from 'preact/hooks';
import type { CertificateReply, MachineReply, RevocationReason } from '../api/replies.ts';
import { useAction } from '../hooks/action.ts';
import { usePortal } from '../hooks/portal.ts';
import { custodies } from '../model/certificate-words.ts';
import { addresses } from '../navigation/routes.ts';
import { Confirm } from './confirm.tsx';
import { FailureCard } from './failure-card.tsx';
import { ReasonField } from './reason-field.tsx';

type Question = 'renew' | 'keys' | 'revoke';

interface CertificateActionsProps {
  machine: MachineReply;
  certificate: CertificateReply;
}

/** What somebody who may install can do about a certificate; each is said before it is done. */
export function CertificateActions({ machine, certificate }: CertificateActionsProps) {
  const { api } = usePortal();
  const [question, setQuestion] = useState<Question>();
  const [reason, setReason] = useState<RevocationReason>('keyCompromise');
  const { isBusy, failure, run } = useAction();
  const { id, name } = machine;
  const other = certificate.custody === 'vault' ? 'machine' : 'vault';
  const isReplaced = certificate.state === 'withdrawn' || !certificate.leaf;

  const send = (kind: Question) => {
    setQuestion(undefined);
    run(async (go) => {
      const { operation } = await (kind === 'revoke'
        ? api.revoke(id, reason)
        : api.renew(id, kind === 'keys' ? other : undefined));
      go(addresses.operation(operation.id, kind === 'keys' ? { keys: other } : {}));
    });
  };
  const ask = (kind: Question, words: string) => (
    <button type="button" class="button" aria-disabled={isBusy} onClick={() => !isBusy && setQuestion(kind)}>
      {words}
    </button>
  );
  const answers = { cancel: () => setQuestion(undefined) };

  return (
    <>
      <div class="actions">
        {ask('renew', 'Renew now')}
        {ask('keys', 'Change who holds the key')}
        {!isReplaced && ask('revoke', 'Revoke and replace')}
      </div>
      {failure && <FailureCard failure={failure} about="Certificate" />}
      {question === 'renew' && (
        <Confirm
          {...answers}
          title={`Renew the certificate of ${name} now?`}
          confirmLabel="Renew now"
          isHarmless
          confirm={() => send('renew')}
        >
          <p>
            A new certificate is ordered before its time, which counts against the authority’s limits. The one
            in service stays until the new one is seen in service; nobody is cut off.
          </p>
        </Confirm>
      )}
      {question === 'keys' && (
        <Confirm
          {...answers}
          title={`${custodies[other].wish} of ${name}?`}
          confirmLabel="Renew with a new key"
          isHarmless
          confirm={() => send('keys')}
        >
          <p>
            {custodies[certificate.custody].holder} holds the key now. Changing that is a renewal: a new key
            and a new certificate, and the one in service stays until the new one is seen in service.
          </p>
          <p>{custodies[other].tradeOff}</p>
        </Confirm>
      )}
      {question === 'revoke' && (
        <Confirm
          {...answers}
          title={`Revoke the certificate of ${name}?`}
          confirmLabel="Revoke and replace"
          confirm={() => send('revoke')}
        >
          <ReasonField id="revoke-reason" reason={reason} change={setReason} />
          <p>
            {reason === 'keyCompromise'
              ? 'The authority is told at once that the certificate is not to be trusted: browsers may refuse the machine until the replacement is in service, within minutes if the authority’s limits allow.'
              : 'A replacement is ordered first. When it is seen in service, the authority is told that the old certificate is not to be trusted.'}{' '}
            A revocation cannot be taken back.
          </p>
        </Confirm>
      )}
    </>
  );
}
