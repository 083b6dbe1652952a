const channelName = 'admin-center.sign-out';

export interface OtherTabs {
  /** Whoever signs out means every tab of this page. */
  tellSignOut(): void;
  close(): void;
}

/** The other tabs of this page in this browser; `onSignOut` when the user signed out in one of them. */
export function watchOtherTabs(onSignOut: () => void): OtherTabs {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = onSignOut;
  return {
    tellSignOut: () => channel.postMessage(null),
    close: () => channel.close(),
  };
}
