import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { AccessApi } from '../api/access.ts';
import type { AuditApi } from '../api/audit.ts';
import type { CertificatesApi } from '../api/certificates.ts';
import type { FleetApi } from '../api/fleet.ts';
import type { LeasesApi } from '../api/leases.ts';
import type { MachinesApi } from '../api/machines.ts';
import type { SessionsApi } from '../api/sessions.ts';

export interface Portal {
  api: MachinesApi & CertificatesApi & FleetApi & AccessApi & LeasesApi & SessionsApi & AuditApi;
  /** Says a sentence to screen readers without moving the focus. */
  announce(sentence: string): void;
  /** What waits for the reader's word is counted again. */
  waitingChanged(): void;
}

const context = createContext<Portal | undefined>(undefined);
export const PortalProvider = context.Provider;

export function usePortal(): Portal {
  const portal = useContext(context);
  if (!portal) throw new Error('a screen is shown outside the signed-in page');
  return portal;
}
