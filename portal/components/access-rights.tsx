import type { ExplainedRight } from '../api/replies.ts';
import { nameOfPrincipal, rights, scopeWords } from '../model/access-words.ts';
import { formatAbsolute } from '../model/time.ts';
import { Icon } from './icon.tsx';
import { Mend } from './mend.tsx';

type Grant = ExplainedRight['grantedBy'][number];

/** A role, where it was assigned, to whom, and until when. */
function GrantWords({ grant }: { grant: Grant }) {
  const { role, scope, through, endsAt } = grant;
  return (
    <>
      <strong>{role}</strong> at <span title={scope}>{scopeWords(grant)}</span>
      {through && <>, through the group {nameOfPrincipal(through)}</>}
      {endsAt && <>, until {formatAbsolute(endsAt)}</>}
    </>
  );
}

const passedOver = {
  condition: 'has a condition that is not understood, so it does not count',
  eligible: 'is eligible: it counts after it was activated',
  'not-action': 'takes it away again by itself',
} as const;

function Right({ explained }: { explained: ExplainedRight }) {
  const { right, allowed, grantedBy, deniedBy, passedOver: passed, missingAction, mend } = explained;
  const icon = allowed ? 'good' : 'neutral';
  return (
    <li class="requirement">
      <Icon name={icon} tone={icon} />
      <div class="condition">
        <p>
          <span class="requirement-rule right-name">{rights[right]}</span>{' '}
          <span class={`requirement-word tone-${icon}`}>{allowed ? 'allowed' : 'not allowed'}</span>
        </p>
        <ul class="plain-list">
          {allowed &&
            grantedBy.map((grant) => (
              <li key={grant.assignmentId ?? grant.scope}>
                <GrantWords grant={grant} />
              </li>
            ))}
          {deniedBy.map(({ assignmentId, name, scope }) => (
            <li key={assignmentId ?? scope}>
              The deny assignment <strong>{name}</strong> takes it away, whatever was granted.
            </li>
          ))}
          {passed.map((grant) => (
            <li key={grant.assignmentId ?? grant.scope}>
              <GrantWords grant={grant} /> {passedOver[grant.why]}.<span class="second">{grant.detail}</span>
            </li>
          ))}
          {!allowed && missingAction && (
            <li>
              No role gives <code>{missingAction}</code>.
            </li>
          )}
        </ul>
        {!allowed && mend && (
          <details class="more">
            <summary>How it would be given</summary>
            <Mend mend={mend} />
          </details>
        )}
      </div>
    </li>
  );
}

/** Every right of one principal, and what gives or takes it. */
export function AccessRights({ list }: { list: readonly ExplainedRight[] }) {
  return (
    <ul class="requirements">
      {list.map((explained) => (
        <Right key={explained.right} explained={explained} />
      ))}
    </ul>
  );
}
