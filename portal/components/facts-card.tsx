import type { MachineReply } from '../api/replies.ts';
import { kindName, resourceGroupOf } from '../model/resource.ts';
import { formatBytes } from '../model/time.ts';
import { CopyButton } from './copy-button.tsx';
import { TimeAgo } from './time-ago.tsx';

function reachWords({ reach }: MachineReply): string {
  if (reach.mode === 'reverse') return 'through the proxy; no address is published';
  return `directly at ${reach.address}, ${reach.isPublic ? 'a public address' : 'a private address'} that DNS shows`;
}

/** What Azure and the agent report of the machine. */
export function FactsCard({ machine, now }: { machine: MachineReply; now: number }) {
  const { facts, presence } = machine;
  const rows: (readonly [string, string])[] = facts
    ? [
        ['System', `${facts.osName || facts.osType} ${facts.osVersion}`.trim()],
        ['Memory', facts.memoryBytes === null ? 'not reported' : formatBytes(facts.memoryBytes)],
        ['Location', `${facts.location} (${facts.cloud})`],
        ['Azure status', facts.status],
        ...(facts.agentVersion === null ? [] : [['Arc agent', facts.agentVersion] as const]),
      ]
    : [];
  return (
    <section class="card" aria-labelledby="facts-heading">
      <h2 id="facts-heading">Machine</h2>
      <dl class="facts">
        <dt>Target</dt>
        <dd>
          {kindName(machine.kind)} in {resourceGroupOf(machine.resourceId)}
        </dd>
        {rows.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name}-value`}>{value}</dd>])}
        <dt>Reached</dt>
        <dd>{reachWords(machine)}</dd>
        <dt>Our agent</dt>
        <dd>{presence.agentVersion ?? 'not installed'}</dd>
        <dt>Last seen</dt>
        <dd>{presence.lastSeenAt ? <TimeAgo at={presence.lastSeenAt} now={now} /> : 'never'}</dd>
        {presence.unreachable?.map(({ host, reason }) => [
          <dt key={host}>Not reached</dt>,
          <dd key={`${host}-reason`}>
            {host}: {reason}
          </dd>,
        ])}
        {machine.machineName && (
          <>
            <dt>Name in DNS</dt>
            <dd class="with-button">
              <code class="cut">{machine.machineName}</code>
              <CopyButton text={() => machine.machineName ?? ''} label="Copy the name in DNS" />
            </dd>
          </>
        )}
        <dt>Resource id</dt>
        <dd class="with-button">
          <code class="cut" title={machine.resourceId}>
            {machine.resourceId}
          </code>
          <CopyButton text={() => machine.resourceId} label="Copy the resource id" />
        </dd>
      </dl>
    </section>
  );
}
