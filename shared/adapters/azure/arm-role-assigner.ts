import { z } from 'zod';
import { AppError } from '#shared/domain/error.ts';
import type { RoleAssigner } from '#shared/ports/role-assigner.ts';
import type { ArmClient } from './arm-client.ts';
import { orMissing } from './arm-error.ts';

const apiVersion = '2022-04-01';

const anything = z.object({});

/** Somebody gave the same role to the same principal at the same scope before, under another name. */
const isGivenAlready = (error: unknown): boolean =>
  error instanceof AppError && error.facts['armCode'] === 'RoleAssignmentExists';

export function createArmRoleAssigner({ arm }: { arm: ArmClient }): RoleAssigner {
  return {
    async assign({ id, roleDefinitionId, principalId, description }) {
      // Without `principalType` ARM asks the directory itself: users and applications alike.
      const body = { properties: { roleDefinitionId, principalId, description } };
      try {
        await arm.send({ method: 'PUT', path: id, apiVersion, body });
        return { isOurs: true };
      } catch (error) {
        if (!isGivenAlready(error)) throw error;
        // Said of an earlier try of ours, it would stay for ever.
        return { isOurs: (await orMissing(arm.get(id, apiVersion, anything))) !== undefined };
      }
    },
    async remove(assignmentId) {
      await orMissing(arm.send({ method: 'DELETE', path: assignmentId, apiVersion }));
    },
  };
}
