import type { MachineReply } from '../api/replies.ts';
import type { InstallWishes } from '../api/wishes.ts';

interface OutlookProps {
  machine: MachineReply;
  wishes: InstallWishes;
  isPublic: boolean | undefined;
}

function rule({ direct, port }: InstallWishes): string | undefined {
  if (!direct) return undefined;
  if (direct.openToAnyone) return `The rule PortForWAC opens port ${port} to every address.`;
  return direct.sources
    ? `The rule PortForWAC opens port ${port} to ${direct.sources.join(', ')} and to nobody else.`
    : `No rule is made: the rules of the network, as they are, decide who gets to port ${port}.`;
}

/** What an install will change and what the world then sees (C11, requirement 134). */
export function Outlook({ machine, wishes, isPublic }: OutlookProps) {
  const { direct, port } = wishes;
  const opens = direct && (direct.openToAnyone || direct.sources);
  return (
    <section class="outlook" aria-labelledby="outlook-heading">
      <h3 id="outlook-heading">What will happen</h3>
      <ul>
        <li>
          {direct
            ? `Browsers go straight to ${direct.address}. The agent opens port ${port} for them, and no other.`
            : `Windows Admin Center listens on port ${port} of the machine itself; nothing is opened to the network.`}
        </li>
        {direct && <li>{rule(wishes)}</li>}
        <li>
          {direct ? (
            <>
              <strong>DNS shows {direct.address} to everybody</strong>, under a name that tells nothing of the
              machine{isPublic === false && '; from outside the network it leads nowhere'}.
            </>
          ) : (
            'DNS shows a name that tells nothing of the machine and leads to the proxy. No address of the machine is published.'
          )}
        </li>
        {opens && (
          <li>
            A new rule takes up to two minutes to work: a connect that fails before that is no fault. Wait and
            connect again.
          </li>
        )}
        {wishes.newName && machine.machineName !== null && (
          <li>The machine gets another name in DNS, and the old one goes when its sessions have ended.</li>
        )}
      </ul>
    </section>
  );
}
