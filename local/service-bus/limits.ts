/**
 * What a namespace of the Standard tier allows.
 * Source: learn.microsoft.com/azure/service-bus-messaging/service-bus-quotas and .../service-bus-amqp-protocol-guide.
 */
export const standardTier = {
  messageBytes: 256 * 1024,
  frameBytes: 64 * 1024,
  connections: 5_000,
  queuesAndTopics: 10_000,
  subscriptionsPerTopic: 2_000,
  rulesPerEntity: 12,
  sqlLength: 1_024,
  actionSteps: 32,
  entityNameLength: 260,
  subscriptionNameLength: 50,
  messageIdLength: 128,
  sessionIdLength: 128,
  lockDurationMs: 5 * 60_000,
  autoDeleteOnIdleMs: 5 * 60_000,
  /** How many times a message is forwarded before it goes to the transfer dead-letter queue. */
  forwardHops: 4,
  shortestDuplicateWindowMs: 20_000,
  longestDuplicateWindowMs: 7 * 24 * 3_600_000,
  /** A receiver that asks for any session waits this long when it names no time of its own. */
  sessionWaitMs: 60_000,
} as const;
