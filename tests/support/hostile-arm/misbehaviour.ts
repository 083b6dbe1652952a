/** An answer that Azure Resource Manager gives instead of the right one; `silence` is none at all. */
export type WrongAnswer = { status: number; code: string; retryAfterMs?: number } | 'silence';

/** What may be wrong with one call. */
export type Misbehaviour =
  /** It is not done. */
  | { kind: 'refused'; answer: WrongAnswer }
  /** It is done, and the answer says that it is not. */
  | { kind: 'lost'; answer: WrongAnswer }
  /** A read that is not true: nothing there, as it was before, or a list without its last entry. */
  | { kind: 'untrue'; tells: 'absent' | 'Creating' | 'Failed' | 'Registering' | 'a list without the last' };

const refusals: readonly WrongAnswer[] = [
  { status: 409, code: 'Conflict' },
  { status: 412, code: 'PreconditionFailed' },
  { status: 429, code: 'TooManyRequests', retryAfterMs: 7_000 },
  { status: 429, code: 'SubscriptionRequestsThrottled', retryAfterMs: 300_000 },
  { status: 500, code: 'InternalServerError' },
  { status: 502, code: 'BadGateway' },
  { status: 503, code: 'ServerBusy' },
  'silence',
];
const losses: readonly WrongAnswer[] = [
  { status: 500, code: 'InternalServerError' },
  { status: 409, code: 'AnotherOperationInProgress' },
  'silence',
];

const named = (answer: WrongAnswer): string =>
  answer === 'silence'
    ? 'silence'
    : `${answer.status}${answer.retryAfterMs === undefined ? '' : `, Retry-After ${answer.retryAfterMs / 1000} s`}`;

export const describe = (how: Misbehaviour): string =>
  how.kind === 'untrue'
    ? `tells ${how.tells}`
    : `${how.kind === 'lost' ? 'is done but answers' : 'answers'} ${named(how.answer)}`;

/** What can be untrue of this call's answer. */
function liesOf(operation: string): readonly Misbehaviour[] {
  const untrue = (...tells: Extract<Misbehaviour, { kind: 'untrue' }>['tells'][]): Misbehaviour[] =>
    tells.map((one) => ({ kind: 'untrue', tells: one }));
  if (/^GET .*extensions$/i.test(operation)) return untrue('absent', 'Creating', 'Failed');
  if (/^GET provider/i.test(operation)) return untrue('Registering');
  if (operation.startsWith('LIST ')) return untrue('absent', 'a list without the last');
  if (/^GET .*endpoints$/i.test(operation)) return untrue('absent');
  return [];
}

const isWrite = (operation: string): boolean => /^(?:PUT|POST|PATCH|DELETE|dns\.)/.test(operation);

/** Everything that may be wrong with a call of this name. */
export const misbehavioursOf = (operation: string): Misbehaviour[] => [
  ...refusals.map((answer): Misbehaviour => ({ kind: 'refused', answer })),
  ...(isWrite(operation) ? losses.map((answer): Misbehaviour => ({ kind: 'lost', answer })) : []),
  ...liesOf(operation),
];
