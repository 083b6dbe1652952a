import { useState } from 'preact/hooks';
import type { AuthorityForecast, RevocationReason } from '../api/replies.ts';
import { useAction } from '../hooks/action.ts';
import { usePortal } from '../hooks/portal.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { Confirm } from './confirm.tsx';
import { FailureCard } from './failure-card.tsx';
import { Icon } from './icon.tsx';
import { ReasonField } from './reason-field.tsx';

/** Replaces the certificates of all machines, as an exercise or in earnest. */
export function DrillForm({ authorities }: { authorities: readonly AuthorityForecast[] }) {
  const { api } = usePortal();
  const [reason, setReason] = useState<RevocationReason>('unspecified');
  const [issuedBy, setIssuedBy] = useState('');
  const [revoke, setRevoke] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const { isBusy, failure, run } = useAction();
  const start = () => {
    setAsking(false);
    run(async (go) => {
      const { id } = await api.startDrill({ reason, revoke, ...(issuedBy && { issuedBy }) });
      go(addresses.drill(id));
    });
  };
  return (
    <>
      <p class="quiet">
        As an exercise, or because an authority or a key can no longer be trusted. It goes as fast as the
        authorities’ limits allow, urgent renewals first, and leaves machines alone where you may not install.
      </p>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) setAsking(true);
        }}
      >
        <div class="form-row">
          <ReasonField id="drill-reason" reason={reason} change={setReason} />
          <div class="field">
            <label for="drill-issuer">Issued by</label>
            <select
              id="drill-issuer"
              class="input"
              value={issuedBy}
              onChange={(event) => setIssuedBy(event.currentTarget.value)}
            >
              <option value="">Any authority</option>
              {authorities.map(({ name }) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </div>
        </div>
        <label class="check">
          <input
            type="checkbox"
            checked={revoke}
            aria-describedby="drill-revoke"
            onChange={(event) => setRevoke(event.currentTarget.checked)}
          />
          Revoke the old certificates
        </label>
        <p class="field-note" id="drill-revoke" role="status">
          {revoke ? (
            <>
              <Icon name="warning" tone="warning" />
              In earnest: each old certificate is revoked when its replacement is in service. It cannot be
              taken back.
            </>
          ) : (
            'As an exercise: the old certificates stay valid until their end.'
          )}
        </p>
        {failure && (
          <FailureCard failure={failure} about="Replacement">
            {failure.drillId !== undefined && (
              <Link to={addresses.drill(failure.drillId)} class="button">
                Show the one that runs
              </Link>
            )}
          </FailureCard>
        )}
        <div class="actions">
          <button type="submit" class="button" aria-disabled={isBusy}>
            {isBusy ? 'Starting' : 'Start the replacement'}
          </button>
        </div>
      </form>
      {isAsking && (
        <Confirm
          title={revoke ? 'Replace and revoke every certificate?' : 'Replace every certificate?'}
          confirmLabel={revoke ? 'Replace and revoke' : 'Replace'}
          confirm={start}
          cancel={() => setAsking(false)}
        >
          <p>
            {issuedBy ? `Every certificate that ${issuedBy} issued` : 'Every certificate'} on machines where
            you may install is ordered anew. Nobody is cut off, but the orders use up the authorities’ limits:
            new installs and regular renewals may wait.
          </p>
          {revoke && (
            <p>
              <strong>Each old certificate is revoked</strong> when its replacement is in service. A
              revocation cannot be taken back, and is public.
            </p>
          )}
        </Confirm>
      )}
    </>
  );
}
