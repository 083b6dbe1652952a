import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { enrolmentRequest, reportEnvelope } from '#shared/protocol/agent-messages.ts';
import {
  connectRequest,
  endpointRequest,
  enrolMachineRequest,
  serviceConfigurationRequest,
} from '#shared/protocol/api.ts';
import { agentEventSchema, proxyEventSchema } from '#shared/protocol/events.ts';
import { installRequest } from '#shared/protocol/install-api.ts';
import { agentQueueName, certificateName } from '#shared/protocol/resource-names.ts';
import { machineId } from './keys.ts';

/** The fields that a schema refuses, unknown ones by their own names. */
function refused(schema: z.ZodType, value: unknown): string[] {
  const { error } = schema.safeParse(value);
  return (error?.issues ?? []).flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => [...issue.path, key].join('.'))
      : [issue.path.join('.')],
  );
}

const key = { kty: 'EC', crv: 'P-256', x: 'x'.repeat(43), y: 'y'.repeat(43) };
const enrolment = {
  resourceId: '/subscriptions/1',
  token: 't'.repeat(43),
  signingKey: key,
  encryptionKey: key,
  agentVersion: '0.1.0',
};
const service = (properties: object) => ({ properties: { serviceName: 'WAC', port: 6516, ...properties } });

describe('a request', () => {
  it.each<[string, z.ZodType, object]>([
    ['to install', installRequest, { port: 443 }],
    ['to install with what is usual', installRequest, {}],
    ['to connect', connectRequest, { service: 'SSH', lifetimeSeconds: 600 }],
    ['to connect with what is usual', connectRequest, {}],
    ['for an endpoint', endpointRequest, { properties: { type: 'default' } }],
    ['for a service configuration', serviceConfigurationRequest, service({})],
    ['to know a machine', enrolMachineRequest, { resourceId: '/subscriptions/1' }],
    ['to enrol', enrolmentRequest, enrolment],
  ])('%s is read', (_, schema, value) => {
    expect(refused(schema, value)).toEqual([]);
  });

  it.each<[string, z.ZodType, object, string[]]>([
    ['to install', installRequest, { port: 443, feed: 'x' }, ['feed']],
    ['to connect', connectRequest, { services: 'WAC' }, ['services']],
    ['for an endpoint', endpointRequest, { properties: { type: 'default', x: 1 } }, ['properties.x']],
    ['for a service', serviceConfigurationRequest, service({ Port: 1 }), ['properties.Port']],
    ['to enrol', enrolmentRequest, { ...enrolment, admin: true }, ['admin']],
    [
      'to enrol with a private key',
      enrolmentRequest,
      { ...enrolment, signingKey: { ...key, d: 'x' } },
      ['signingKey.d'],
    ],
  ])('%s names the field that it does not know', (_, schema, value, fields) => {
    expect(refused(schema, value)).toEqual(fields);
  });

  it.each([0, 65_536, -1, 1.5, '6516', null, Number.NaN])('requirement 51: has no port %j', (port) => {
    expect(refused(installRequest, { port })).toEqual(['port']);
    expect(refused(serviceConfigurationRequest, service({ port }))).toEqual(['properties.port']);
  });

  it.each([1, 443, 6516, 65_535])('requirement 51: may have port %j', (port) => {
    expect(refused(installRequest, { port })).toEqual([]);
  });

  it.each([599, 10_801, 600.5])('asks for no session of %j seconds', (lifetimeSeconds) => {
    expect(refused(connectRequest, { lifetimeSeconds })).toEqual(['lifetimeSeconds']);
  });

  it('requirement 98: asks for WAC when it names no service, and for no third one', () => {
    expect(connectRequest.parse({})).toEqual({ service: 'WAC' });
    expect(refused(connectRequest, { service: 'RDP' })).toEqual(['service']);
  });

  it.each([
    ['another curve', { ...key, crv: 'P-384' }],
    ['a short coordinate', { ...key, x: 'x' }],
    ['a symmetric key', { kty: 'oct', k: 'x' }],
  ])('to enrol has no key of %s', (_, signingKey) => {
    expect(refused(enrolmentRequest, { ...enrolment, signingKey }).length).toBeGreaterThan(0);
  });
});

describe('an event', () => {
  const envelope = { specversion: '1.0', id: '1', source: '/admin-center', time: '2026-10-01T12:00:00.000Z' };

  it('for an agent is no event for the proxies, but for a session that was revoked', () => {
    const revoked = {
      ...envelope,
      type: 'admin-center.session.revoked',
      data: { sessionId: 'abcdefghijklmnop', expiresAt: 1 },
    };
    const changed = { ...envelope, type: 'admin-center.certificate.changed', data: { thumbprint: 'ab' } };
    expect([revoked, changed].map((event) => agentEventSchema.safeParse(event).success)).toEqual([
      true,
      true,
    ]);
    expect([revoked, changed].map((event) => proxyEventSchema.safeParse(event).success)).toEqual([
      true,
      false,
    ]);
  });

  it.each([
    ['another version', { specversion: '0.3' }],
    ['no id', { id: '' }],
    ['a time that is none', { time: 'now' }],
    ['an unknown type', { type: 'admin-center.machine.wiped' }],
  ])('with %s is refused', (_, changes) => {
    const event = { ...envelope, type: 'admin-center.state.changed', data: {}, ...changes };
    expect(agentEventSchema.safeParse(event).success).toBe(false);
  });

  it('loses what does not belong to it', () => {
    const event = { ...envelope, type: 'admin-center.state.changed', data: { secret: 'x' } };
    expect(agentEventSchema.parse(event).data).toEqual({});
  });
});

describe('a report’s envelope', () => {
  it.each([
    ['more than the report', { jws: 'x', sessionId: 'other' }],
    ['nothing', {}],
    ['a report of more than 48 KiB', { jws: 'x'.repeat(49_153) }],
  ])('with %s is refused', (_, value) => {
    expect(reportEnvelope.safeParse(value).success).toBe(false);
  });
});

it('names that infrastructure and programs agree on', () => {
  expect([agentQueueName(machineId), certificateName('name')]).toEqual([
    `agent-${machineId}`,
    'machine-name',
  ]);
});
