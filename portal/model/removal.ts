import type { MachineReply } from '../api/replies.ts';
import { sessionCount } from './session-words.ts';

export interface Removal {
  goes: readonly string[];
  stays: readonly string[];
}

function liveSentence(count: number | undefined): string {
  if (count === undefined)
    return 'Open sessions: everybody who is connected is cut off. How many that is, is not known here.';
  if (count === 0) return 'Open sessions: there is none now.';
  return `${sessionCount(count)}: ${count === 1 ? 'who is connected is' : 'all who are connected are'} cut off.`;
}

/** What an uninstall takes away from this machine and what it leaves (requirements 58-60). */
export function removalOf(
  { extension, endpoint, machineName, certificate, reach }: MachineReply,
  /** Undefined where it is not known. */
  liveSessions?: number,
): Removal {
  const { WAC: _, ...others } = endpoint.services;
  const port = extension.port === null ? '' : `, on port ${extension.port}`;
  return {
    goes: [
      liveSentence(liveSessions),
      `The extension AdminCenter with its agent and Windows Admin Center${port}.`,
      'The service configuration WAC.',
      ...(machineName === null
        ? []
        : [
            reach.mode === 'direct'
              ? 'The machine’s name in DNS.'
              : 'The machine’s name in DNS and its connection to the relay.',
          ]),
      ...(certificate === null
        ? []
        : ['The certificate: it is disabled now, and purged after the grace time of this deployment.']),
      ...(reach.mode === 'direct'
        ? ['The rule PortForWAC, if an install made it and nobody changed it.']
        : []),
    ],
    stays: [
      'The endpoint: other experiences may use it, such as SSH.',
      ...Object.entries(others).map(([name, at]) => `The service configuration ${name}, port ${at}.`),
      ...(reach.mode === 'direct' ? ['Rules of the network that others made or changed.'] : []),
      'The machine itself, what runs on it, and what others made.',
    ],
  };
}
