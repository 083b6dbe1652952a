import type { Ref } from 'preact';
import type { MachineReply } from '../api/replies.ts';
import { kindOf } from '../model/resource.ts';
import { Link } from '../navigation/link.tsx';
import { addresses } from '../navigation/routes.ts';
import { StateBadge } from './state-badge.tsx';

type MachineView = 'overview' | 'access' | 'sessions' | 'audit';

const views = {
  overview: { title: 'Overview', address: addresses.machine },
  access: { title: 'Access', address: (id: string) => addresses.machineAccess(id) },
  sessions: { title: 'Sessions', address: addresses.machineSessions },
  audit: { title: 'Audit', address: (id: string) => addresses.machineAudit(id) },
} as const satisfies Record<MachineView, unknown>;

type ShownMachine = Pick<MachineReply, 'name' | 'resourceId'> &
  Partial<Pick<MachineReply, 'facts' | 'state'>>;

interface MachineHeaderProps {
  id: string;
  view: MachineView | undefined;
  heading: Ref<HTMLHeadingElement>;
  /** Whoever only reads its audit knows less of it. */
  machine: ShownMachine | undefined;
  /** Nothing more of it will come. */
  isRefused?: boolean;
}

/** Which machine it is, and its pages. */
export function MachineHeader({ id, view, heading, machine, isRefused = false }: MachineHeaderProps) {
  return (
    <>
      <nav class="crumbs" aria-label="Breadcrumb">
        <Link to={addresses.machines()}>Machines</Link>
      </nav>
      <div class="title-row">
        <h1 ref={heading} tabIndex={-1}>
          {machine?.name ?? 'Machine'}
        </h1>
        {machine?.state && <StateBadge state={machine.state} />}
      </div>
      {!isRefused && (
        <p class="lead one-line">
          {machine && kindOf(machine.resourceId)}
          {machine?.facts?.osName && `, ${machine.facts.osName}`}
        </p>
      )}
      <nav class="tabs" aria-label="Pages of this machine">
        {Object.entries(views).map(([one, { title, address }]) => (
          <Link key={one} to={address(id)} {...(one === view && { 'aria-current': 'page' as const })}>
            {title}
          </Link>
        ))}
      </nav>
    </>
  );
}
