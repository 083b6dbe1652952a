export interface ConnectionSetting {
  /** A connection string. */
  text?: string | undefined;
  /** A namespace to which the app's own identity opens the door. */
  namespace?: string | undefined;
  /** Of a user-assigned identity. */
  clientId?: string | undefined;
}

/** The extension looks for the prefixed name first, and for connection strings before settings. */
export function connectionSetting(connection: string, env: NodeJS.ProcessEnv): ConnectionSetting {
  for (const name of [`AzureWebJobs${connection}`, connection]) {
    const text = env[`ConnectionStrings__${name}`] ?? env[name];
    const namespace = env[`${name}__fullyQualifiedNamespace`];
    if (text || namespace) return { text, namespace, clientId: env[`${name}__clientId`] };
  }
  return {};
}
