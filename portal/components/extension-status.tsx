import type { ComponentChildren } from 'preact';
import type { Extension, MachineReply } from '../api/replies.ts';
import { platformTone, platformWord } from '../model/extension.ts';
import { healthStates } from '../model/machine-health.ts';
import { asSentence } from '../model/words.ts';
import { Icon } from './icon.tsx';
import { TimeAgo } from './time-ago.tsx';

function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** What the platform reports of the extension (requirement 57). */
export function PlatformStatus({ extension }: { extension: Extension }) {
  const { provisioningState, message, version, port } = extension.detailedStatus;
  const tone = platformTone(provisioningState);
  return (
    <section class="card" aria-labelledby="platform-heading">
      <h2 id="platform-heading">Status on the platform</h2>
      <dl class="facts">
        <Row name="Provisioning">
          <span class={`badge tone-${tone}`}>
            <Icon name={tone} />
            {platformWord(provisioningState)}
          </span>
        </Row>
        <Row name="Message">{message ? asSentence(message) : <span class="quiet">none</span>}</Row>
        <Row name="Version">{version ?? <span class="quiet">not reported</span>}</Row>
        <Row name="Port">{port ?? <span class="quiet">not reported</span>}</Row>
      </dl>
    </section>
  );
}

/** How the agent says that its machine is, and what to do about what is amiss. */
export function Health({ machine, now }: { machine: MachineReply; now: number }) {
  const { presence, certificate, health } = machine;
  const { word, tone } = healthStates[health.state];
  return (
    <section class="card" aria-labelledby="health-heading">
      <h2 id="health-heading">Health</h2>
      <dl class="facts">
        <Row name="State">
          <span class={`badge tone-${tone}`}>
            <Icon name={tone} />
            {word}
          </span>
          {health.reasons.map(({ code, sentence, remedy }) => (
            <span key={`${code} ${sentence}`} class="line">
              {asSentence(sentence)} <strong>{asSentence(remedy)}</strong>
            </span>
          ))}
        </Row>
        <Row name="Agent">
          {presence.connected ? 'Connected' : 'Not connected'}
          <span class="second">
            {presence.lastSeenAt ? (
              <>
                last seen <TimeAgo at={presence.lastSeenAt} now={now} />
              </>
            ) : (
              'never seen'
            )}
            {presence.agentVersion && `, version ${presence.agentVersion}`}
          </span>
        </Row>
        <Row name="Certificate">
          {certificate?.notAfter ? (
            <>
              ends <TimeAgo at={certificate.notAfter} now={now} />
            </>
          ) : (
            <span class="quiet">none</span>
          )}
        </Row>
        {presence.unreachable?.map(({ host, reason }) => (
          <Row key={host} name="Not reached">
            {host}: {reason}
          </Row>
        ))}
      </dl>
    </section>
  );
}
