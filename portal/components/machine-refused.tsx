import type { Failure } from '../api/failure.ts';
import { usePortal } from '../hooks/portal.ts';
import { useRemote } from '../hooks/remote.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { FailureCard } from './failure-card.tsx';

interface MachineRefusedProps {
  id: string;
  failure: Failure;
  retry(): void;
}

/** Why a machine is not shown; an auditor, who sees no machine, is shown the way to its audit. */
export function MachineRefused({ id, failure, retry }: MachineRefusedProps) {
  const { api } = usePortal();
  const { value } = useRemote(`audited for ${id} ${failure.code}`, async (signal) =>
    failure.code === 'machine_not_found' ? api.auditedMachines(signal) : [],
  );
  const audited = value?.find(({ machineId }) => machineId === id);
  if (!audited) return <FailureCard failure={failure} retry={retry} />;
  return (
    <div class="empty">
      <h2>You read the audit of {audited.name}</h2>
      <p>
        Your role reads audits and gives nothing else: it does not show the machine, nor open it. That takes a
        role in Azure that reads the machine.
      </p>
      <Link to={addresses.machineAudit(id)} class="button primary">
        Show its audit
      </Link>
    </div>
  );
}
