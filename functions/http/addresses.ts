import { z } from 'zod';
import { adviseOn } from '#shared/domain/address-advice.ts';
import { defaultPorts } from '#shared/domain/machine.ts';
import { problem } from '#shared/protocol/api.ts';
import { addressesReply } from '#shared/protocol/install-api.ts';
import { portText } from '#shared/protocol/port.ts';
import type { PortsProvider } from '../ports.ts';
import { callerAddressOf } from './caller-address.ts';
import { openMachine } from './machine-access.ts';
import { defineRoute, readQuery } from './route.ts';

/** The port that is judged: that of the install where none is named. */
const addressesQuery = z.strictObject({ port: portText.optional() });

export function registerAddresses(provider: PortsProvider): void {
  defineRoute(
    provider,
    {
      name: 'getAddresses',
      method: 'GET',
      route: 'api/machines/{id}/addresses',
      audience: 'user',
      applications: true,
      summary: 'The addresses that direct mode can use, and what each takes and shows',
      query: addressesQuery,
      replies: { 200: addressesReply, 400: problem, 401: problem, 404: problem },
    },
    async ({ ports, caller, request, parameter }) => {
      const { machine } = await openMachine(ports, caller, parameter('id'));
      const { port = machine.extension?.port ?? defaultPorts.WAC } = readQuery(addressesQuery, request);
      const yourAddress = callerAddressOf(request.headers);
      const addresses = await ports.network.addressesOf(machine.resourceId);
      const value = addresses.map((one) => {
        const {
          isRecommended,
          isOpen = null,
          notes,
        } = adviseOn(one, {
          port,
          yourAddress: yourAddress ?? undefined,
        });
        return { address: one.address, isPublic: one.isPublic, isRecommended, isOpen, notes };
      });
      return { body: { value, port, yourAddress } };
    },
  );
}
