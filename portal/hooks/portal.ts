import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { CertificatesApi } from '../api/certificates.ts';
import type { FleetApi } from '../api/fleet.ts';
import type { MachinesApi } from '../api/machines.ts';

export interface Portal {
  api: MachinesApi & CertificatesApi & FleetApi;
  /** Says a sentence to screen readers without moving the focus. */
  announce(sentence: string): void;
}

const context = createContext<Portal | undefined>(undefined);
export const PortalProvider = context.Provider;

export function usePortal(): Portal {
  const portal = useContext(context);
  if (!portal) throw new Error('a screen is shown outside the signed-in page');
  return portal;
}
