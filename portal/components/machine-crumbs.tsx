import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

/** The way back from a page about one machine. */
export function MachineCrumbs({ id, name }: { id: string; name: string | undefined }) {
  return (
    <nav class="crumbs" aria-label="Breadcrumb">
      <Link to={addresses.machines()}>Machines</Link>
      <span aria-hidden="true">/</span>
      <Link to={addresses.machine(id)}>{name ?? 'Machine'}</Link>
    </nav>
  );
}
