import { z } from 'zod';
import { type Fault, type FaultKind, faultKinds } from '#local/kit/faults.ts';
import type { StandIn } from '#local/kit/stand-in.ts';
import { ManagementError } from './management-error.ts';

const tenMinutesMs = 600_000;
const tenYearsMs = 315_360_000_000;

const body = z.strictObject({
  status: z.int().min(100).max(599).optional(),
  delayMs: z.int().min(0).max(tenMinutesMs).optional(),
  drop: z.boolean().optional(),
  throttleMs: z.int().min(0).max(tenMinutesMs).optional(),
  lockLost: z.boolean().optional(),
  staleMs: z.int().min(0).max(tenYearsMs).optional(),
  answer: z.array(z.string().max(255)).max(32).optional(),
  skewMs: z.int().min(-tenYearsMs).max(tenYearsMs).optional(),
  count: z.int().min(1).optional(),
  probability: z.number().min(0).max(1).optional(),
});

/** The operations of a stand-in as far as they are known: those it names, else those that were called or have a fault. */
export function operationsOf(standIn: StandIn): readonly string[] {
  return (
    standIn.operations ?? [...new Set([...Object.keys(standIn.calls.all()), ...standIn.faults.list().keys()])]
  );
}

/** Throws 404 for an operation that the stand-in has not; `*` is every operation. */
export function requireOperation(standIn: StandIn, operation: string): void {
  const { operations } = standIn;
  if (operation === '*' || !operations || operations.includes(operation)) return;
  throw new ManagementError(
    404,
    'UnknownOperation',
    `${standIn.name} has no operation ${operation}; it has ${operations.join(', ')}`,
  );
}

/** Reads a fault for one stand-in. Throws 400 that names the kind that is unknown or that the stand-in does not honour. */
export function parseFault(standIn: StandIn, value: unknown): Fault {
  const parsed = body.safeParse(value);
  if (!parsed.success) throw new ManagementError(400, 'InvalidFault', z.prettifyError(parsed.error));
  const fault = Object.fromEntries(
    Object.entries(parsed.data).filter(([, given]) => given !== undefined),
  ) as Fault;
  const kinds = faultKinds.filter((kind) => fault[kind] !== undefined);
  if (kinds.length === 0)
    throw new ManagementError(400, 'InvalidFault', `a fault has at least one of ${faultKinds.join(', ')}`);
  const honoured: readonly FaultKind[] = standIn.faultKinds ?? [];
  const strange = kinds.filter((kind) => !honoured.includes(kind));
  if (strange.length > 0)
    throw new ManagementError(
      400,
      'FaultNotHonoured',
      `${standIn.name} does not honour ${strange.join(', ')}; it honours ${honoured.join(', ') || 'none'}`,
    );
  return fault;
}
