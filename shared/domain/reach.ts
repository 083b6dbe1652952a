/**
 * How a browser gets to a machine: through the proxy and the machine's own outbound connection, or, for a virtual
 * machine in Azure, straight to one of its addresses.
 */
export type Reach = { mode: 'reverse' } | DirectReach;

export interface DirectReach {
  mode: 'direct';
  /** What the machine's name resolves to; the only thing of this machine that is ever published in DNS. */
  address: string;
  isPublic: boolean;
  /** The private address behind `address`: the agent listens on this one and on no other. */
  listenOn: string;
}

export const reverse: Reach = { mode: 'reverse' };

export const isSameReach = (one: Reach, other: Reach): boolean =>
  one.mode === 'reverse' || other.mode === 'reverse'
    ? one.mode === other.mode
    : one.address === other.address && one.listenOn === other.listenOn;

/** Requirements 115 and 134: a new rule of a network takes up to this long to work. Milliseconds. */
export const rulePropagationMs = 2 * 60_000;

/** The rule that lets browsers in, as an install made or found it. */
export interface OpenedPort {
  /** ARM id of the rule. */
  ruleId: string;
  /** False: it was there before, or somebody changed it since; then it is never changed and never removed. */
  isOurs: boolean;
  port: number;
  sources: PortSources;
  /** ISO 8601; when we wrote it, absent where we did not. */
  openedAt?: string;
}

/** Who may get through the rule: these addresses and networks, or everybody (requirement 133). */
export type PortSources = readonly string[] | 'any';
