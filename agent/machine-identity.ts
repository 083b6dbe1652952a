/**
 * An access token of the machine's own managed identity for an API, its client id or `api://` URI: of an Arc machine
 * from the Arc agent, of a virtual machine from the metadata service, or from IDENTITY_ENDPOINT. Rejects where the
 * machine has no identity. The library is large and few machines need it: it is loaded here and not before.
 */
export async function readMachineToken(audience: string): Promise<string> {
  const { ManagedIdentityCredential } = await import('@azure/identity');
  const scope = `${audience.replace(/\/\.default$/, '')}/.default`;
  return (await new ManagedIdentityCredential().getToken(scope)).token;
}
