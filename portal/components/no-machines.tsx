import { useEffect } from 'preact/hooks';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { isAtLanding, navigate } from '../navigation/history.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { Icon } from './icon.tsx';
import { Skeleton } from './skeleton.tsx';

/** Nothing that the reader may see: the way to the first machine, or an auditor's way to what he reads. */
export function NoMachines() {
  const { api } = usePortal();
  const { value, failure } = useRemote('audited of nobody', (signal) => api.auditedMachines(signal));
  const isAuditor = value !== undefined && value.length > 0;
  useEffect(() => {
    if (isAuditor && isAtLanding()) navigate(addresses.audit(), { replace: true });
  }, [isAuditor]);
  if (!value && !failure) return <Skeleton lines={4} label="Reading what you may see" tall />;
  if (isAuditor) {
    return (
      <div class="empty">
        <h2>You read audits</h2>
        <p>
          Your role shows no machine and opens none: it reads the audit of {value.length}{' '}
          {value.length === 1 ? 'machine' : 'machines'}. To see machines takes a role in Azure that reads
          them.
        </p>
        <Link to={addresses.audit()} class="button primary">
          Show the audits
        </Link>
      </div>
    );
  }
  return (
    <div class="empty">
      <h2>No machines yet</h2>
      <p>
        Add the first one by its Azure resource id. You then install Windows Admin Center on it, and connect.
      </p>
      <Link to={addresses.add()} class="button primary">
        <Icon name="add" />
        Add a machine
      </Link>
    </div>
  );
}
