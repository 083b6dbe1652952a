import { useState } from 'preact/hooks';
import type { FleetPlan, FleetWishes } from '../api/replies.ts';
import { Confirm } from '../components/confirm.tsx';
import { FailureCard } from '../components/failure-card.tsx';
import { FleetForm } from '../components/fleet-form.tsx';
import { FleetPlanView } from '../components/fleet-plan-view.tsx';
import { Skeleton } from '../components/skeleton.tsx';
import { useAction } from '../hooks/action.ts';
import { useNow } from '../hooks/now.ts';
import { usePortal } from '../hooks/portal.ts';
import { useScreenTitle } from '../hooks/title.ts';
import { plannedWork, planSentence, startLabel } from '../model/fleet-plan.ts';
import { firstFleetChoices, fleetFaults, fleetWishesOf } from '../model/fleet-selection.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';

interface Planned {
  plan: FleetPlan;
  wishes: FleetWishes;
}

/** Which machines, what would happen to each, and the start: in this order. */
export function FleetPlanScreen() {
  const { api, announce } = usePortal();
  const now = useNow();
  const heading = useScreenTitle('Install on many machines');
  const [choices, setChoices] = useState(firstFleetChoices);
  const [isAsked, setAsked] = useState(false);
  const [planned, setPlanned] = useState<Planned>();
  const [isAsking, setAsking] = useState(false);
  const planning = useAction();
  const starting = useAction();
  const faults = fleetFaults(choices);

  const makePlan = () => {
    setAsked(true);
    const wishes = fleetWishesOf(choices);
    if (!wishes) return document.getElementById(Object.keys(faults)[0] ?? '')?.focus();
    setPlanned(undefined);
    planning.run(async () => {
      const plan = await api.planFleet(wishes);
      setPlanned({ plan, wishes });
      announce(planSentence(plan));
    });
  };
  const start = ({ wishes }: Planned) => {
    setAsking(false);
    starting.run(async (go) => go(addresses.fleetInstall((await api.startFleet(wishes)).id)));
  };

  return (
    <>
      <nav class="crumbs" aria-label="Breadcrumb">
        <Link to={addresses.fleetInstalls()}>Fleet installs</Link>
      </nav>
      <h1 ref={heading} tabIndex={-1}>
        Install on many machines
      </h1>
      <p class="lead">
        First the plan: what would happen to each machine, which requirements fail, and when the certificate
        limits allow it. Nothing begins before you start it.
      </p>
      <section class="card" aria-label="Selection">
        <FleetForm
          choices={choices}
          change={(part) => {
            setChoices((last) => ({ ...last, ...part }));
            // The plan is for what was asked, not for what is typed now.
            setPlanned(undefined);
          }}
          faults={isAsked ? faults : {}}
          isBusy={planning.isBusy}
          send={makePlan}
        />
      </section>
      {planning.failure && <FailureCard failure={planning.failure} about="Plan" />}
      {planning.isBusy && <Skeleton lines={5} label="Making the plan" tall />}
      {planned && (
        <section class="plan" aria-labelledby="plan-heading">
          <div class="title-row">
            <h2 id="plan-heading">The plan</h2>
            <button
              type="button"
              class="button primary large"
              aria-disabled={starting.isBusy || plannedWork(planned.plan) === 0}
              onClick={() => !starting.isBusy && plannedWork(planned.plan) > 0 && setAsking(true)}
            >
              {starting.isBusy ? 'Starting' : startLabel(planned.plan)}
            </button>
          </div>
          {starting.failure && <FailureCard failure={starting.failure} about="Start" />}
          <FleetPlanView plan={planned.plan} now={now} />
        </section>
      )}
      {planned && isAsking && (
        <Confirm
          title={`${startLabel(planned.plan)}?`}
          confirmLabel="Start"
          isHarmless
          confirm={() => start(planned)}
          cancel={() => setAsking(false)}
        >
          <p>
            At most {planned.wishes.concurrency} at a time. You may pause it, or cancel what has not begun;
            what is installed by then stays installed.
          </p>
          {planned.wishes.install?.consent && (
            <p>
              <strong>A Windows Admin Center that was installed by hand is replaced</strong> wherever there is
              one. That cannot be taken back.
            </p>
          )}
        </Confirm>
      )}
    </>
  );
}
