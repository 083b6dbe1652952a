import type { ListedSession } from '../api/replies.ts';

type EndReason = NonNullable<ListedSession['end']>['reason'];

const endReasons: Readonly<Record<EndReason, string>> = {
  expired: 'Its time was up',
  revoked: 'Cut',
  right_lost: 'The role that opened it is gone',
  undecided: 'Azure could not say whether the role is still there',
  lease_ended: 'Its lease ended',
  service_closed: 'The endpoint or its service configuration was taken away',
  uninstalled: 'Uninstalled',
  local_policy: 'The machine’s own policy closed it',
};

/** Why it is over. */
export function endSentence({ state, end, user }: Pick<ListedSession, 'state' | 'end' | 'user'>): string {
  if (state === 'failed') return 'It did not open';
  if (!end) return state === 'revoked' ? 'Cut' : 'Over';
  if (end.reason === 'revoked' && end.by)
    return end.by.id === user.id ? 'Ended by its user' : `Cut by ${end.by.name}`;
  return endReasons[end.reason];
}

export const isLive = ({ state }: Pick<ListedSession, 'state'>): boolean =>
  state === 'open' || state === 'opening';

export const sessionCount = (count: number): string =>
  count === 1 ? '1 live session' : `${count} live sessions`;
