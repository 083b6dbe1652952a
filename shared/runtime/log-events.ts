/** How loud an event is; an event below the logger's level is not written. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * Every event that any of the programs logs, `subject.past_tense`, with its level. Operators filter on these
 * names: they are never renamed, and an event that is not here does not compile.
 */
export const logEvents = {
  'process.started': 'info',
  'process.stopped': 'info',
  'process.failed': 'error',

  'tunnel.connected': 'info',
  'tunnel.disconnected': 'warn',
  'tunnel.stream_failed': 'warn',

  'proxy.listened': 'info',
  'proxy.state_read': 'info',
  'proxy.state_unread': 'warn',
  'proxy.subscribed': 'info',
  'proxy.subscription_lost': 'warn',
  'proxy.event_refused': 'warn',
  'proxy.drained': 'info',
  'connection.closed': 'info',
  'connection.refused': 'warn',
  'session.revoked': 'info',

  'agent.enrolled': 'info',
  'agent.enrolment_failed': 'warn',
  'agent.state_applied': 'info',
  'agent.state_unapplied': 'warn',
  'agent.certificate_served': 'info',
  'agent.certificate_requested': 'info',
  'agent.certificate_file_failed': 'warn',
  'agent.clock_adjusted': 'warn',
  'agent.checked': 'info',
  'agent.data_put_aside': 'warn',
  'agent.taken_over': 'warn',
  'agent.take_over_failed': 'error',
  'agent.uninstalled': 'warn',
  'agent.stood_down': 'warn',
  'agent.subscribed': 'info',
  'agent.subscription_lost': 'warn',
  'agent.event_refused': 'warn',
  'agent.egress_checked': 'info',
  'agent.reported': 'debug',
  'agent.report_unsent': 'warn',
  'listener.opened': 'info',
  'listener.closed': 'info',
  'listener.failed': 'error',
  'policy.read': 'info',
  'policy.damaged': 'error',
  'stream.refused': 'warn',
  'session.opened': 'info',
  'session.refused': 'info',
  'session.ended': 'info',
  'session.uncounted': 'warn',
  'door.unsaved': 'error',
  'account.made': 'info',
  'account.removed': 'info',
  'account.failed': 'error',
  'service.unreachable': 'warn',
} as const satisfies Record<string, LogLevel>;

export type LogEvent = keyof typeof logEvents;
