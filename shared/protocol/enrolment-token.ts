import { createHmac } from 'node:crypto';

/**
 * The token that lets one install enrol its agent: HMAC-SHA-256 over machine id and salt, base64url. The same
 * install always has the same token, so that a repeated extension PUT is identical.
 */
export const enrolmentToken = (key: Uint8Array, machineId: string, salt: string): string =>
  createHmac('sha256', key).update(`enrolment\n${machineId}\n${salt}`).digest('base64url');
