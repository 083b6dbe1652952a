import type { ComponentChildren } from 'preact';
import { type Failure, failureText } from '../api/failure.ts';
import { namedFacts } from '../model/named-facts.ts';
import { CopyButton } from './copy-button.tsx';
import { Icon } from './icon.tsx';
import { Words } from './words.tsx';

interface FailureCardProps {
  failure: Failure;
  /** What the user was after, when the card stands away from it. */
  about?: string;
  retry?: (() => void) | undefined;
  retryLabel?: string;
  children?: ComponentChildren;
}

/** What happened, where on the way, and what to do next. */
export function FailureCard({ failure, about, retry, retryLabel = 'Try again', children }: FailureCardProps) {
  // What is too young to work everywhere (requirement 115).
  const advice = failure.facts?.['advice'];
  return (
    <section class="failure" role="alert">
      <Icon name="bad" tone="bad" />
      <div class="failure-body">
        <h2>{about ? `${about}: ${failure.title}` : failure.title}</h2>
        <p class="failure-detail sentence">{failure.detail}</p>
        {failure.errors && (
          <ul class="plain-list">
            {failure.errors.map(({ field, message }) => (
              <li key={`${field} ${message}`}>
                <code>{field}</code> {message}
              </li>
            ))}
          </ul>
        )}
        <p>
          <strong>What to do:</strong> <Words text={failure.remedy} />
        </p>
        {typeof advice === 'string' && <p>{advice}</p>}
        {namedFacts(failure.remedy, failure.facts).map(({ name, values }) => (
          <div key={name} class="named-fact">
            <code>{name}</code>
            <ul class="plain-list">
              {values.map((value) => (
                <li key={value}>{value}</li>
              ))}
            </ul>
          </div>
        ))}
        <dl class="failure-facts">
          <div>
            <dt>Where</dt>
            <dd>{failure.hop}</dd>
          </div>
          <div>
            <dt>Code</dt>
            <dd>
              <code>{failure.code}</code>
            </dd>
          </div>
        </dl>
        <div class="actions">
          {retry && (
            <button type="button" class="button" onClick={retry}>
              {retryLabel}
            </button>
          )}
          {children}
          <CopyButton text={() => failureText(failure, new Date())} label="Copy the details for support" />
        </div>
      </div>
    </section>
  );
}
