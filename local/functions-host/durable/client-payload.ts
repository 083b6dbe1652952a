export interface ClientPayloadOptions {
  /** Origin of the host's public listener, such as http://localhost:7071. */
  origin: string;
  hubName: string;
  /** The system key of the durable webhooks. */
  key: string;
  /** Where the durable client calls the host; ends with a slash. */
  rpcBaseUrl: string;
}

export const webhookPath = '/runtime/webhooks/durabletask';

/** What a durable client binding is given: URL templates in which the library fills in the instance. */
export function clientPayload({ origin, hubName, key, rpcBaseUrl }: ClientPayloadOptions) {
  const baseUrl = `${origin}${webhookPath}`;
  const code = `code=${key}`;
  const common = `taskHub=${hubName}&connection=Storage&${code}`;
  const instance = `${baseUrl}/instances/INSTANCEID`;
  const create = `${baseUrl}/orchestrators/{functionName}[/{instanceId}]`;
  return {
    taskHubName: hubName,
    creationUrls: {
      createNewInstancePostUri: `${create}?${code}`,
      createAndWaitOnNewInstancePostUri: `${create}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${code}`,
    },
    managementUrls: {
      id: 'INSTANCEID',
      statusQueryGetUri: `${instance}?${common}`,
      sendEventPostUri: `${instance}/raiseEvent/{eventName}?${common}`,
      terminatePostUri: `${instance}/terminate?reason={text}&${common}`,
      rewindPostUri: `${instance}/rewind?reason={text}&${common}`,
      purgeHistoryDeleteUri: `${instance}?${common}`,
      restartPostUri: `${instance}/restart?${common}`,
      suspendPostUri: `${instance}/suspend?reason={text}&${common}`,
      resumePostUri: `${instance}/resume?reason={text}&${common}`,
    },
    baseUrl,
    requiredQueryStringParameters: code,
    rpcBaseUrl,
  };
}

export type ClientPayload = ReturnType<typeof clientPayload>;

/** The links of one instance, as a start answers them. */
export function instanceLinks(payload: ClientPayload, instanceId: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(payload.managementUrls).map(([name, url]) => [
      name,
      url.replace('INSTANCEID', name === 'id' ? instanceId : encodeURIComponent(instanceId)),
    ]),
  );
}
