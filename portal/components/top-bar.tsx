import type { Access } from '../access/session.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

export function TopBar({ access }: { access?: Access }) {
  return (
    <header class="top-bar">
      <Link to={addresses.machines()} class="brand">
        <img src="/portal/icon.svg" alt="" width="20" height="20" />
        Admin Center
      </Link>
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
