import type { MachineReply } from '#shared/protocol/api.ts';
import { plain } from './plain.ts';

const listed = (things: readonly string[]): string => things.map((one) => `  ${plain(one)}`).join('\n');

/** What an uninstall of this machine takes away; nothing is named that is not there. */
function goingOf({ extension, endpoint, certificate, machineName, reach }: MachineReply): string[] {
  const { WAC } = endpoint.services;
  const [name] = certificate?.hostNames ?? [];
  return [
    ...(extension.state === 'absent' ? [] : ['the extension AdminCenter and the agent on the machine']),
    ...(WAC === undefined ? [] : [`the service configuration WAC, port ${WAC}`]),
    ...(machineName === null
      ? []
      : [`the name ${name ?? machineName} with its DNS records and its channels`]),
    ...(certificate ? ['the certificate: disabled now, deleted after a grace time'] : []),
    ...(reach.mode === 'direct'
      ? ['the rule PortForWAC, if this service made it and nobody changed it']
      : []),
    'sessions that are open: they end now',
  ];
}

/** Requirements 58-60. */
function stayingOf({ endpoint: { enabled, services } }: MachineReply): string[] {
  const others = Object.entries(services).filter(([service]) => service !== 'WAC');
  return [
    ...(enabled ? ['the endpoint: other experiences may use it'] : []),
    ...others.map(([service, port]) => `the service configuration ${service}, port ${port}`),
    'what others made: their DNS records, rules of networks and extensions',
    'the machine in the list, with its operations',
  ];
}

/** What goes and what stays, before anybody is asked. */
export const renderLeaving = (machine: MachineReply): string =>
  [`${plain(machine.name)} loses`, listed(goingOf(machine)), 'and keeps', listed(stayingOf(machine))].join(
    '\n',
  );
