import { describe, expect, it } from 'vitest';
import {
  isObjectId,
  pickPeople,
  scopeWords,
  serviceVerdict,
  sortPeople,
} from '#portal/model/access-words.ts';
import { removalOf } from '#portal/model/removal.ts';
import { endSentence } from '#portal/model/session-words.ts';
import { asSentence } from '#portal/model/words.ts';
import { addresses, parseRoute } from '#portal/navigation/routes.ts';
import { sessionEndReasons } from '#shared/domain/session.ts';
import { operator, reader, sampleAccess, samplePeople } from '../../support/portal-access-samples.ts';
import { fromNow, sampleMachine } from '../../support/portal-samples.ts';

const routeOf = (address: string) => parseRoute(new URL(address, 'http://localhost'));

describe('who may, in words', () => {
  const [wac] = sampleAccess().services;
  if (!wac) throw new Error('the sample explains a service');
  const without = (...missing: string[]) => ({
    ...wac,
    open: false,
    conditions: wac.conditions.map((one) => ({ ...one, met: !missing.includes(one.condition) })),
  });

  it('requirement 87: the first condition that is not met is the answer, the others are counted', () => {
    expect(serviceVerdict(wac, undefined)).toBe('You may connect with Windows Admin Center now.');
    expect(serviceVerdict(without('agent'), 'ana')).toBe(
      'ana may not connect with Windows Admin Center: the agent is not connected.',
    );
    expect(serviceVerdict(without('role', 'lease', 'agent'), undefined)).toContain(
      'no role gives it, and 2 more conditions are not met.',
    );
    const all = wac.conditions.map(({ condition }) => serviceVerdict(without(condition), undefined));
    expect(new Set(all).size).toBe(wac.conditions.length);
  });

  it('who may connect comes first, and a search looks at names, roles and scopes', () => {
    const people = sortPeople(samplePeople());
    expect(people.at(-1)?.principal.id).toBe(operator.id);
    expect(pickPeople(people, 'server ADMIN').map(({ role }) => role)).toEqual([
      'Windows Admin Center Administrator Login',
    ]);
    expect(pickPeople(people, '  ')).toHaveLength(people.length);
  });

  it('a scope is said by its kind and name', () => {
    const scope = '/subscriptions/s/resourceGroups/rg-1/';
    expect(scopeWords({ scope, scopeKind: 'resource group' })).toBe('resource group rg-1');
    expect(scopeWords({ scope: '/', scopeKind: 'root' })).toContain('everything');
  });

  it('an object id has its 32 digits', () => {
    expect([operator.id, `${operator.id}0`, 'ana@contoso.test', ''].map(isObjectId)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });

  it('a sentence begins with a capital, and a name stays as it is written', () => {
    expect(asSentence('the machine has an endpoint')).toBe('The machine has an endpoint.');
    expect(asSentence('ana@contoso.test has no lease')).toBe('ana@contoso.test has no lease.');
    expect(asSentence('incomingconnections.ports lacks 22')).toBe('incomingconnections.ports lacks 22.');
  });
});

describe('sessions in words', () => {
  it('each reason of an end is said in its own words', () => {
    const said = sessionEndReasons.map((reason) =>
      endSentence({ state: 'ended', user: operator, end: { at: fromNow(0), reason } }),
    );
    expect(new Set(said).size).toBe(sessionEndReasons.length);
    const by = (person: typeof reader) =>
      endSentence({
        state: 'revoked',
        user: operator,
        end: { at: fromNow(0), reason: 'revoked', by: person },
      });
    expect([by(reader), by(operator)]).toEqual([`Cut by ${reader.name}`, 'Ended by its user']);
  });

  it('an uninstall says how many it ends, and says so where that is not known', () => {
    const first = (count?: number) => removalOf(sampleMachine(0), count).goes[0];
    expect([first(0), first(1), first(3)]).toEqual([
      'Open sessions: there is none now.',
      '1 live session: who is connected is cut off.',
      '3 live sessions: all who are connected are cut off.',
    ]);
    expect(first()).toContain('is not known');
  });
});

describe('addresses of the pages about access', () => {
  it('each one is read back as the screen that it was made for', () => {
    expect(routeOf(addresses.machineAccess('abc', operator.id))).toEqual({
      screen: 'machine-access',
      id: 'abc',
      principal: operator.id,
    });
    expect(routeOf(addresses.machineSessions('abc'))).toEqual({ screen: 'machine-sessions', id: 'abc' });
    expect(routeOf(addresses.lease('abc', 'l1'))).toEqual({ screen: 'lease', id: 'abc', leaseId: 'l1' });
    expect(
      [addresses.leases(), addresses.sessions(), addresses.audit()].map((one) => routeOf(one).screen),
    ).toEqual(['leases', 'sessions', 'audit']);
    expect(routeOf('/portal/machines/abc/leases').screen).toBe('unknown');
    expect(routeOf('/portal/machines/abc/access/x').screen).toBe('unknown');
  });
});
