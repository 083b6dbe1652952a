import { type ErrorRow, row } from './row.ts';

/** Failures on the machine and on the way to it. */
export const machineErrors = {
  extension_not_installed: row(
    409,
    'extension',
    false,
    'Windows Admin Center is not installed on this machine',
    'Install it first.',
  ),
  extension_failed: row(
    502,
    'extension',
    true,
    'The extension failed on the machine',
    'Read the detailed status of the extension, then install again.',
  ),
  extension_timeout: row(
    504,
    'extension',
    true,
    'The machine did not take up the extension in time',
    'Check that the machine is on and its Arc agent connected, then install again.',
  ),
  agent_not_serving: row(
    504,
    'agent',
    true,
    'The agent does not serve the certificate yet',
    'Check that the agent runs and may reach the service on port 443, then install again.',
  ),
  agent_offline: row(
    503,
    'agent',
    true,
    'The agent is not connected',
    'Check that the machine is on and the service ServerManagementGateway runs. After an install wait a minute or two.',
  ),
  port_not_allowed: row(
    403,
    'agent',
    false,
    'The machine does not allow this port',
    'On the machine: azcmagent config set incomingconnections.ports <port>.',
  ),
  enrolment_refused: row(
    403,
    'agent',
    false,
    'The enrolment is refused',
    'Reinstall the extension: its token is for one machine and one pair of keys.',
  ),
  report_refused: row(
    403,
    'agent',
    false,
    'The report is refused',
    'It is not signed by the enrolled key of the machine, or it is a repetition.',
  ),
  proxy_unreachable: row(
    502,
    'proxy',
    true,
    'The proxy does not answer',
    'Check that the proxy runs and that its port is reachable.',
  ),
  proxy_refused: row(
    502,
    'proxy',
    true,
    'The proxy refused the session',
    'The reason is in its log; a proxy that has just started may lack the newest label key.',
  ),
  leaf_mismatch: row(
    502,
    'agent',
    true,
    'The machine serves another certificate than the one on record',
    'Wait a minute for the agent to fetch the new one; if it stays, reinstall the extension.',
  ),
  service_unreachable: row(
    502,
    'service',
    true,
    'The service on the machine does not answer',
    'On the machine check that https://localhost:<port> loads; restart ServerManagementGateway if not.',
  ),
} as const satisfies Record<string, ErrorRow>;
