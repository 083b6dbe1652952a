import { MachineHeader } from '../components/machine-header.tsx';
import { MachineRefused } from '../components/machine-refused.tsx';
import { SessionCard } from '../components/session-card.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { useMachine } from '../hooks/machine.ts';
import { useNow } from '../hooks/now.ts';
import { useScreenTitle } from '../hooks/title.ts';

/** Who is on this machine now, and who was. */
export function MachineSessionsScreen({ id }: { id: string }) {
  const now = useNow();
  const { value, failure, reload } = useMachine(id);
  const name = value?.name;
  const heading = useScreenTitle(`${name ?? 'Machine'}, sessions`);
  return (
    <>
      <MachineHeader
        id={id}
        view="sessions"
        heading={heading}
        machine={value}
        isRefused={failure !== undefined}
      />
      {failure && !value ? (
        <MachineRefused id={id} failure={failure} retry={reload} />
      ) : (
        value && <SessionCard machineId={id} machine={value.name} now={now} />
      )}
      {!value && !failure && <Skeleton lines={4} label="Reading who is on" tall />}
    </>
  );
}
