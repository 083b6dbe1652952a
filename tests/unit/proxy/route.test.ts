import { expect, test } from 'vitest';
import { decideRoute, type RouteTable, refusalAlerts } from '#proxy/route.ts';
import { mintLabel } from '#shared/domain/label.ts';
import { readClientHello } from '#shared/runtime/client-hello.ts';
import { helloMessage, records, serverNames } from './hello-bytes.ts';

const now = 1_800_000_000;
const zone = 'wac.localhost';
const machineName = 'abcdefghijklmnopqrstuvwxyz';
const otherMachine = 'bbcdefghijklmnopqrstuvwxyz';
const key = Buffer.alloc(32, 1);
const olderKey = Buffer.alloc(32, 2);
const sessionId = 'aaaabbbbccccdddd';
const table: RouteTable = { zone, labelKeys: [key, olderKey], isRevoked: (id) => id === 'revokedrevokedre' };

const label = (change: { id?: string; expiresAt?: number; key?: Buffer; machine?: string } = {}) =>
  mintLabel(change.key ?? key, change.machine ?? machineName, {
    sessionId: change.id ?? sessionId,
    service: 'WAC',
    expiresAt: change.expiresAt ?? now + 60,
  });
const host = (first: string, machine = machineName) => `${first}.${machine}.${zone}`;

test('requirement 75: leads a good label to its machine, session and service', () => {
  expect(decideRoute(host(label()), table, now)).toEqual({
    machineName,
    sessionId,
    service: 'WAC',
    expiresAt: now + 60,
  });
});

test('takes a label under the previous key', () => {
  expect(decideRoute(host(label({ key: olderKey })), table, now)).toMatchObject({ sessionId });
});

test.each([
  ['no name', undefined, 'no_server_name'],
  ['a name outside the zone', 'portal.example', 'foreign_zone'],
  ['the zone itself', zone, 'foreign_zone'],
  ['a zone that only ends alike', `${label()}.${machineName}.x${zone}`, 'foreign_zone'],
  ['the base name of a machine', `${machineName}.${zone}`, 'no_label'],
  ['a label that is none', host('label'), 'malformed_label'],
  ['a damaged label', host(`b${label().slice(1)}`), 'malformed_label'],
  ['a machine name that is none', host(label(), 'machine'), 'malformed_label'],
  ['a name with a label too many', `x.${host(label())}`, 'malformed_label'],
  ['an empty label', `.${machineName}.${zone}`, 'malformed_label'],
  ['a changed MAC', host(`${label().slice(0, -8)}aaaaaaaa`), 'foreign_label'],
  ['a label under a key that is not ours', host(label({ key: Buffer.alloc(32, 9) })), 'foreign_label'],
  ['a label of another machine (requirement 75)', host(label({ machine: otherMachine })), 'foreign_label'],
  ['a label at its end (requirement 74)', host(label({ expiresAt: now })), 'expired_label'],
  ['a label of a revoked session', host(label({ id: 'revokedrevokedre' })), 'revoked_label'],
] as const)('refuses %s', (_, serverName, reason) => {
  expect(decideRoute(serverName, table, now)).toBe(reason);
  expect(refusalAlerts).toHaveProperty(reason);
});

test('leads a name that a client sent in capitals and with a final dot to the same machine', () => {
  const shouted = `${host(label()).toUpperCase()}.`;
  const reading = readClientHello(records(helloMessage(serverNames(shouted))));
  const serverName = reading.kind === 'hello' ? reading.serverName : undefined;
  expect(decideRoute(serverName, table, now)).toMatchObject({ machineName, sessionId });
});
