import { useState } from 'preact/hooks';
import type { FleetChange, ReportFormat } from '../api/fleet.ts';
import type { FleetInstall } from '../api/replies.ts';
import { useAction } from '../hooks/action.ts';
import { usePortal } from '../hooks/portal.ts';
import { keepFile } from '../model/keep-file.ts';
import { Confirm } from './confirm.tsx';
import { FailureCard } from './failure-card.tsx';

const types: Readonly<Record<ReportFormat, string>> = { csv: 'text/csv', json: 'application/json' };

/** Pause, go on, cancel what has not begun, and the report. */
export function FleetActions({ fleet, changed }: { fleet: FleetInstall; changed(): void }) {
  const { api, announce } = usePortal();
  const [isAsking, setAsking] = useState(false);
  const change = useAction();
  const report = useAction();
  const { id, status } = fleet;
  const isOpen = status === 'running' || status === 'paused';

  const send = (next: FleetChange, said: string) => {
    setAsking(false);
    change.run(async () => {
      try {
        await api.changeFleet(id, next);
        announce(said);
      } finally {
        // What was refused is shown as it is now.
        changed();
      }
    });
  };
  const keep = (format: ReportFormat) =>
    report.run(async () =>
      keepFile(`fleet-install-${id}.${format}`, types[format], await api.fleetReport(id, format)),
    );
  return (
    <>
      <div class="actions">
        {status === 'running' && (
          <button
            type="button"
            class="button"
            aria-disabled={change.isBusy}
            onClick={() => send('paused', 'Paused: what is at work comes to its end.')}
          >
            Pause
          </button>
        )}
        {status === 'paused' && (
          <button
            type="button"
            class="button primary"
            aria-disabled={change.isBusy}
            onClick={() => send('running', 'It goes on.')}
          >
            Resume
          </button>
        )}
        {isOpen && (
          <button
            type="button"
            class="button"
            aria-disabled={change.isBusy}
            onClick={() => !change.isBusy && setAsking(true)}
          >
            Cancel the rest
          </button>
        )}
        {(['csv', 'json'] as const).map((format) => (
          <button
            key={format}
            type="button"
            class="button subtle"
            aria-disabled={report.isBusy}
            onClick={() => keep(format)}
          >
            Report as {format.toUpperCase()}
          </button>
        ))}
      </div>
      {change.failure && <FailureCard failure={change.failure} about="Fleet install" />}
      {report.failure && <FailureCard failure={report.failure} about="Report" />}
      {isAsking && (
        <Confirm
          title="Cancel the rest?"
          confirmLabel="Cancel the rest"
          cancelLabel="Go on"
          confirm={() => send('cancelled', 'Cancelled: nothing new begins.')}
          cancel={() => setAsking(false)}
        >
          <p>
            Machines that are installed stay installed, and what is at work comes to its end. The others are
            left as they are. A cancelled fleet install cannot go on; another one passes over what is
            installed.
          </p>
        </Confirm>
      )}
    </>
  );
}
