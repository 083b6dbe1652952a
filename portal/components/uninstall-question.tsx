import type { MachineReply } from '../api/replies.ts';
import { removalOf } from '../model/removal.ts';
import { Confirm } from './confirm.tsx';
import { Icon } from './icon.tsx';

interface UninstallQuestionProps {
  machine: MachineReply;
  /** Undefined where it is not known. */
  liveSessions: number | undefined;
  confirm(): void;
  cancel(): void;
}

function Fate({ title, icon, items }: { title: string; icon: 'bad' | 'good'; items: readonly string[] }) {
  return (
    <div class="fate">
      <h3>{title}</h3>
      <ul>
        {items.map((item) => (
          <li key={item}>
            <Icon name={icon} tone={icon} />
            {item}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What goes and what stays, before anything does. */
export function UninstallQuestion({ machine, liveSessions, confirm, cancel }: UninstallQuestionProps) {
  const { goes, stays } = removalOf(machine, liveSessions);
  return (
    <Confirm
      title={`Uninstall from ${machine.name}?`}
      confirmLabel={`Uninstall from ${machine.name}`}
      confirm={confirm}
      cancel={cancel}
    >
      <Fate title="This goes" icon="bad" items={goes} />
      <Fate title="This stays" icon="good" items={stays} />
      <p class="quiet">
        You may install again at any time; the machine then gets a new name and certificate.
      </p>
    </Confirm>
  );
}
