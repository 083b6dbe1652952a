import type { Access } from '../access/session.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

const sections = {
  machines: { title: 'Machines', address: addresses.machines() },
  sessions: { title: 'Sessions', address: addresses.sessions() },
  leases: { title: 'Leases', address: addresses.leases() },
  audit: { title: 'Audit', address: addresses.audit() },
  fleet: { title: 'Fleet installs', address: addresses.fleetInstalls() },
  certificates: { title: 'Certificates', address: addresses.certificates() },
} as const;
export type Section = keyof typeof sections;

interface TopBarProps {
  access?: Access;
  /** Where the screen belongs to. */
  section?: Section;
  /** Leases that wait for the reader's word. */
  waiting?: number;
}

export function TopBar({ access, section, waiting = 0 }: TopBarProps) {
  return (
    <header class="top-bar">
      <Link to={addresses.machines()} class="brand">
        <img src="/portal/icon.svg" alt="" width="20" height="20" />
        <span class="brand-name">Admin Center</span>
      </Link>
      {access && (
        <nav class="sections" aria-label="Sections">
          {Object.entries(sections).map(([name, { title, address }]) => (
            <Link key={name} to={address} {...(name === section && { 'aria-current': 'page' as const })}>
              {title}
              {name === 'leases' && waiting > 0 && (
                <span class="count">
                  {waiting}
                  <span class="visually-hidden"> waiting for you</span>
                </span>
              )}
            </Link>
          ))}
        </nav>
      )}
      {access && (
        <div class="account">
          <span class="account-name" title={access.account.userName}>
            {access.account.name}
          </span>
          <button type="button" class="button subtle" onClick={() => void access.signOut()}>
            Sign out
          </button>
        </div>
      )}
    </header>
  );
}
