import type { KeyCustody, ServiceName } from './replies.ts';

/** Straight to one of the machine's addresses, and who is let in on the way. */
export interface DirectWishes {
  address: string;
  sources?: readonly string[];
  openToAnyone?: boolean;
}

/** What an install may be told; what is absent stays as it was. */
export interface InstallWishes {
  port: number;
  keys?: KeyCustody | undefined;
  newName?: boolean | undefined;
  /** Null goes back to the proxy. */
  direct?: DirectWishes | null | undefined;
  consent?: boolean | undefined;
}

/** What a request for a lease says. */
export interface LeaseWishes {
  service: ServiceName;
  minutes: number;
  purpose: string;
  reference?: string;
  /** ISO 8601. */
  notBefore?: string;
}
