import type { BudgetStore } from '#shared/ports/budget-store.ts';
import type { CertificateAuthority } from '#shared/ports/certificate-authority.ts';

/** The machine waits nowhere any more: nobody stands behind it. */
export async function leaveQueue(
  { budgets, authorities }: { budgets: BudgetStore; authorities: readonly CertificateAuthority[] },
  machineId: string,
): Promise<void> {
  for (const { name } of authorities) await budgets.commit(name, [{ leave: machineId }]);
}
