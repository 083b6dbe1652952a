import type { ServiceName } from '../api/replies.ts';

export const serviceNames: Readonly<Record<ServiceName, string>> = {
  WAC: 'Windows Admin Center',
  SSH: 'SSH',
};
