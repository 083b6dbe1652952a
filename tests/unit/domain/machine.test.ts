import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostNamesOf } from '#shared/domain/certificate.ts';
import { defaultPorts, parseMachineResource } from '#shared/domain/machine.ts';
import { isMachineId, machineIdOf, machineNameOf } from '#shared/domain/machine-name.ts';

const resourceId =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local/providers/Microsoft.HybridCompute/machines/web-01';
const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
const salt = 'abcdefghijklmnop';

describe('a machine name', () => {
  // Both vectors were computed apart from this code, with Python's hmac, hashlib, struct and base64.
  it('requirement 62: is this one for this key, resource and salt, for ever', () => {
    expect(machineNameOf(key, resourceId, salt)).toBe('devmpuzyee7ogggddd7qfqtxb5');
  });

  it('requirement 63: differs by key, resource and salt, and not by the case of the id', () => {
    const name = machineNameOf(key, resourceId, salt);
    expect(machineNameOf(key, resourceId.toUpperCase(), salt)).toBe(name);
    const others = [
      machineNameOf(Buffer.alloc(32), resourceId, salt),
      machineNameOf(key, `${resourceId}2`, salt),
      machineNameOf(key, resourceId, `${salt}2`),
    ];
    expect(new Set([name, ...others]).size).toBe(4);
  });

  it('does not confuse where the id ends and the salt begins', () => {
    expect(machineNameOf(key, `${resourceId}ab`, 'c')).not.toBe(machineNameOf(key, resourceId, 'abc'));
  });

  it('is always a DNS label that needs no encoding, whatever the parts are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.string(), fc.string(), (anyKey, id, anySalt) => {
        expect(machineNameOf(anyKey, id, anySalt)).toMatch(/^[a-z2-7]{26}$/);
      }),
    );
  });

  it('requirement 64: has a certificate for itself and for the names below it', () => {
    expect(hostNamesOf('name', 'wac.test')).toEqual(['name.wac.test', '*.name.wac.test']);
  });
});

describe('a machine id', () => {
  it('is this one for this resource, for ever, and ignores case', () => {
    expect(machineIdOf(resourceId)).toBe('lpxvysfon5hw75noyqimipig5s');
    expect(machineIdOf(resourceId.toUpperCase())).toBe('lpxvysfon5hw75noyqimipig5s');
  });

  it.each([
    ['the id of a machine', machineIdOf(resourceId), true],
    ['one character less', machineIdOf(resourceId).slice(1), false],
    ['one character more', `${machineIdOf(resourceId)}a`, false],
    ['upper case', machineIdOf(resourceId).toUpperCase(), false],
    ['a path', '../../secrets/machine-name-key', false],
    ['nothing', '', false],
  ])('is recognised: %s', (_, text, expected) => {
    expect(isMachineId(text)).toBe(expected);
  });
});

describe('a machine’s resource id', () => {
  it.each([
    ['Microsoft.HybridCompute/machines', 'arc'],
    ['Microsoft.Compute/virtualMachines', 'azure-vm'],
    ['microsoft.azurestackhci/CLUSTERS', 'hci-cluster'],
  ])('requirement 27: of type %s is of kind %s', (type, kind) => {
    const text = resourceId.replace('Microsoft.HybridCompute/machines', type);
    expect(parseMachineResource(text)).toEqual({
      resourceId: text,
      kind,
      subscriptionId: '00000000-0000-4000-8000-000000000001',
      resourceGroup: 'rg-local',
      name: 'web-01',
    });
  });

  it('may name its resource group in any script, with parentheses and dots', () => {
    const text = resourceId.replace('rg-local', 'Büro_(Zürich).1');
    expect(parseMachineResource(text).resourceGroup).toBe('Büro_(Zürich).1');
  });

  it('is the same with a final slash', () => {
    expect(parseMachineResource(`${resourceId}/`)).toEqual(parseMachineResource(resourceId));
  });

  it.each([
    ['nothing', ''],
    ['a subscription', '/subscriptions/00000000-0000-4000-8000-000000000001'],
    ['something below a machine', `${resourceId}/extensions/AdminCenter`],
    ['another type', resourceId.replace('machines', 'privateLinkScopes')],
    ['another provider', resourceId.replace('HybridCompute', 'Sql')],
    ['a relative id', resourceId.slice(1)],
    ['a subscription that is no GUID', resourceId.replace(/0000/g, 'zzzz')],
    ['a line feed behind it', `${resourceId}\n`],
    ['an id inside of another text', `https://management.azure.com${resourceId}`],
    ['a name that climbs', resourceId.replace('web-01', '..')],
    ['a resource group that climbs', resourceId.replace('rg-local', '..')],
    ['a name with a query', `${resourceId}?api-version=1`],
    ['a name with a fragment', `${resourceId}#1`],
    ['a name with an encoded slash', `${resourceId}%2fextensions`],
    ['a name that is too long', `${resourceId}${'x'.repeat(64)}`],
  ])('is refused by the field’s name: %s', (_, text) => {
    expect(() => parseMachineResource(text)).toThrowError(
      expect.objectContaining({
        code: 'invalid_request',
        facts: { errors: [expect.objectContaining({ field: 'resourceId' })] },
      }),
    );
  });

  it('is refused or read, and nothing else, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseMachineResource(text)).toThrowError(
          expect.objectContaining({ code: 'invalid_request' }),
        );
      }),
    );
  });
});

it('requirements 47 and 50: the default ports are 6516 and 22', () => {
  expect(defaultPorts).toEqual({ WAC: 6516, SSH: 22 });
});
