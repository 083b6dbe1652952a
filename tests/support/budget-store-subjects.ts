import type { Cosmos } from '#local/cosmos/server.ts';
import { createManualClock, type ManualClock } from '#local/kit/clock.ts';
import { createCosmosBudgetStore } from '#shared/adapters/azure/cosmos-budget-store.ts';
import type { BudgetStore } from '#shared/ports/budget-store.ts';
import { containerDefinitions } from '#shared/protocol/resource-names.ts';
import { openCosmosContainer } from './cosmos-container.ts';
import { createMemoryBudgetStore } from './memory-budget-store.ts';

/** A budget store under test, with the clock that its records age by. */
export interface BudgetStoreSubject {
  store: BudgetStore;
  clock: ManualClock;
  close(): Promise<void>;
}

export async function openMemoryBudgets(): Promise<BudgetStoreSubject> {
  const clock = createManualClock(Date.now());
  return { clock, store: createMemoryBudgetStore(clock.now), close: async () => {} };
}

/** The adapter on the stand-in, in a container as a deployment makes it. */
export async function openCosmosBudgets(): Promise<BudgetStoreSubject & { cosmos: Cosmos }> {
  const [, budgets] = containerDefinitions;
  const { access, ...standing } = await openCosmosContainer(budgets);
  return { ...standing, store: createCosmosBudgetStore({ ...access, now: standing.clock.now }) };
}
