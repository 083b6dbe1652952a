import type { RevocationReason } from '../api/replies.ts';
import { isRevocationReason, revocationReasons } from '../model/certificate-words.ts';

interface ReasonFieldProps {
  id: string;
  reason: RevocationReason;
  change(reason: RevocationReason): void;
}

/** Why a certificate is to be replaced, as it is told to the authority. */
export function ReasonField({ id, reason, change }: ReasonFieldProps) {
  return (
    <div class="field">
      <label for={id}>Reason</label>
      <select
        id={id}
        class="input"
        value={reason}
        onChange={({ currentTarget: { value } }) => isRevocationReason(value) && change(value)}
      >
        {Object.entries(revocationReasons).map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}
