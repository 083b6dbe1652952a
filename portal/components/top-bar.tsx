import type { Access } from '../access/session.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

interface TopBarProps {
  access?: Access;
  /** Where the screen belongs to. */
  section?: 'machines' | 'certificates';
}

export function TopBar({ access, section }: TopBarProps) {
  const mark = (name: TopBarProps['section']) =>
    name === section ? { 'aria-current': 'page' as const } : {};
  return (
    <header class="top-bar">
      <Link to={addresses.machines()} class="brand">
        <img src="/portal/icon.svg" alt="" width="20" height="20" />
        <span class="brand-name">Admin Center</span>
      </Link>
      {access && (
        <nav class="sections" aria-label="Sections">
          <Link to={addresses.machines()} {...mark('machines')}>
            Machines
          </Link>
          <Link to={addresses.certificates()} {...mark('certificates')}>
            Certificates
          </Link>
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
