import { expect, test } from 'vitest';
import { parseProxyConfig } from '#proxy/config.ts';
import { AppError } from '#shared/domain/error.ts';

const env = {
  ADMIN_CENTER_API_URL: 'https://control.example/',
  ADMIN_CENTER_API_AUDIENCE: 'api://admin-center',
  ADMIN_CENTER_RELAY_HOST: 'local.relay.localhost:8090',
  ADMIN_CENTER_SERVICE_BUS_HOST: 'contoso.servicebus.windows.net',
  ADMIN_CENTER_PROXY_LISTEN: '[::1]:8443',
};

test('reads an environment', () => {
  expect(parseProxyConfig(env)).toMatchObject({
    ADMIN_CENTER_API_URL: 'https://control.example',
    ADMIN_CENTER_PROXY_LISTEN: { host: '::1', port: 8443 },
    ADMIN_CENTER_LOG_LEVEL: 'info',
  });
});

test('names every fault together', () => {
  const wrong = { ...env, ADMIN_CENTER_RELAY_HOST: 'https://x/', ADMIN_CENTER_PROXY_LISTEN: '8443' };
  const { ADMIN_CENTER_API_URL: _, ...rest } = wrong;
  let message = '';
  try {
    parseProxyConfig({ ...rest, ADMIN_CENTER_RELAYHOST: 'x' });
  } catch (error) {
    message = error instanceof AppError ? error.message : '';
  }
  for (const name of ['API_URL', 'RELAY_HOST', 'PROXY_LISTEN', 'RELAYHOST'])
    expect(message).toContain(`ADMIN_CENTER_${name}`);
});
