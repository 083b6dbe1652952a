import { createHmac } from 'node:crypto';

/**
 * A SAS token of Service Bus or Relay (Azure Relay hybrid connections protocol): `resource` is `http://host/path` without a port, the key is
 * used as UTF-8 text, `expiresAt` is Unix seconds.
 */
export function sharedAccessSignature(
  resource: string,
  rule: string,
  key: string,
  expiresAt: number,
): string {
  const encoded = encodeURIComponent(resource);
  const signature = createHmac('sha256', key).update(`${encoded}\n${expiresAt}`).digest('base64');
  return `SharedAccessSignature sr=${encoded}&sig=${encodeURIComponent(signature)}&se=${expiresAt}&skn=${encodeURIComponent(rule)}`;
}
