import { type AuditQuestion, emptyQuestion, isAsked, longestAudit } from '../model/audit-question.ts';
import { outcomes, usualActions } from '../model/audit-words.ts';
import { navigate } from '../navigation/history.ts';
import { addresses } from '../navigation/routes.ts';

/** What is looked for; it stands in the address, so that a finding can be shared. */
export function AuditFilter({ id, question }: { id: string; question: AuditQuestion }) {
  const change = (part: Partial<AuditQuestion>) =>
    navigate(addresses.machineAudit(id, { ...question, ...part }), { replace: true });
  const field = (name: 'from' | 'to', label: string) => (
    <div class="field">
      <label for={`audit-${name}`}>{label}</label>
      <input
        id={`audit-${name}`}
        type="date"
        class="input"
        value={question[name]}
        onChange={(event) => change({ [name]: event.currentTarget.value })}
      />
    </div>
  );
  return (
    <search class="audit-filter">
      <div class="field">
        <label for="audit-action">Action</label>
        <input
          id="audit-action"
          type="search"
          class="input"
          list="audit-actions"
          autocomplete="off"
          placeholder="Any"
          maxLength={longestAudit.action}
          value={question.action}
          onInput={(event) => change({ action: event.currentTarget.value })}
        />
        <datalist id="audit-actions">
          {usualActions.map((action) => (
            <option key={action} value={action} />
          ))}
        </datalist>
      </div>
      <div class="field">
        <label for="audit-outcome">Outcome</label>
        <select
          id="audit-outcome"
          class="input"
          value={question.outcome}
          onChange={(event) => change({ outcome: event.currentTarget.value })}
        >
          <option value="">Any</option>
          {Object.entries(outcomes).map(([name, { word }]) => (
            <option key={name} value={name}>
              {word}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="audit-actor">Who</label>
        <input
          id="audit-actor"
          type="search"
          class="input"
          autocomplete="off"
          placeholder="Anybody: a part of the name, or an object id"
          maxLength={longestAudit.actor}
          value={question.actor}
          onInput={(event) => change({ actor: event.currentTarget.value })}
        />
      </div>
      {field('from', 'From')}
      {field('to', 'To')}
      {isAsked(question) && (
        <button
          type="button"
          class="button subtle"
          onClick={() => navigate(addresses.machineAudit(id, emptyQuestion), { replace: true })}
        >
          Show all
        </button>
      )}
    </search>
  );
}
