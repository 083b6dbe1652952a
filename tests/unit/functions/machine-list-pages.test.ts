import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { machineIdOf } from '#shared/domain/machine-name.ts';
import type { MachineListReply } from '#shared/protocol/machine-list-api.ts';
import { callFunction } from '../../support/function-app.ts';
import { createListedMachines, idOfName, namesOf } from '../../support/listed-machines.ts';
import { machine } from '../../support/sample-machine.ts';

const { clock, memory, renew, put, ask, list, refusedField } = createListedMachines();
beforeEach(renew);

describe('pages', () => {
  const all = Array.from({ length: 11 }, (_, index) => `m-${index + 1}`);
  beforeEach(async () => {
    for (const name of all) await put(name);
  });

  const walk = async (query: string, step: 'next' | 'previous', from: string | null = null) => {
    const pages: MachineListReply[] = [];
    let token = from;
    do {
      pages.push(await list(`?${query}${token === null ? '' : `&skipToken=${token}`}`));
      token = pages.at(-1)?.[step] ?? null;
    } while (token !== null && pages.length < 50);
    return pages;
  };

  it.each([1, 3, 5, 11, 12])('of %i rows show each machine once, forwards and backwards', async (top) => {
    const forwards = await walk(`top=${top}`, 'next');
    expect(forwards.flatMap(namesOf)).toEqual(all);
    expect(forwards.map(({ before }) => before)).toEqual(forwards.map((_, index) => index * top));
    const last = forwards.at(-2)?.next ?? null;
    const backwards = await walk(`top=${top}`, 'previous', last);
    expect(backwards.toReversed().map(namesOf)).toEqual(forwards.map(namesOf));
  });

  it('are two hundred rows without a word', async () => {
    for (let index = 0; index < 200; index += 1) await put(`n-${index}`);
    const first = await list();
    expect(first.value).toHaveLength(200);
    expect((await list(`?skipToken=${first.next}`)).value).toHaveLength(11);
  });

  it('neither repeat nor leave out a machine when others come and go before it', async () => {
    const first = await list('?top=4');
    await put('a-new-one');
    await memory().store.commit(machineIdOf(idOfName('m-2')), [{ remove: 'machine' }]);
    await memory().store.commit(machineIdOf(idOfName('m-4')), [{ remove: 'machine' }]);
    clock.advance(10_000);
    expect(namesOf(await list(`?top=4&skipToken=${first.next}`))).toEqual(['m-5', 'm-6', 'm-7', 'm-8']);
  });

  it('that nothing is left of are empty, and lead back', async () => {
    const { next } = await list('?top=10');
    await memory().store.commit(machineIdOf(idOfName('m-11')), [{ remove: 'machine' }]);
    clock.advance(10_000);
    const empty = await list(`?top=10&skipToken=${next}`);
    expect(empty).toMatchObject({ value: [], total: 10, matched: 10, before: 10, next: null });
    expect(namesOf(await list(`?top=10&skipToken=${empty.previous}`))).toEqual(all.slice(0, 10));
  });

  it('belong to their question: a token of another is refused, of another size it is not', async () => {
    const { next } = await list('?top=2&search=m');
    expect(namesOf(await list(`?top=3&search=m&skipToken=${next}`))).toEqual(['m-3', 'm-4', 'm-5']);
    for (const query of ['', 'search=M&', 'search=m&state=uninstalled&', 'search=m&kind=arc&'])
      expect(await refusedField(`?${query}skipToken=${next}`)).toBe('skipToken');
  });

  it('are refused with every token that was changed, naming it', async () => {
    const { next } = await list('?top=2');
    const token = next ?? '';
    const changed = fc
      .record({ at: fc.nat(token.length - 1), by: fc.constantFrom(...'ABCabc019-_=. %2'.split('')) })
      .map(({ at, by }) => `${token.slice(0, at)}${by}${token.slice(at + 1)}`)
      .filter((text) => text !== token);
    const cut = fc.nat(token.length - 1).map((length) => token.slice(0, length));
    const forged = fc.json().map((text) => Buffer.from(`123456789012${text}`).toString('base64url'));
    await fc.assert(
      fc.asyncProperty(fc.oneof(changed, cut, forged, fc.string({ maxLength: 50 })), async (text) => {
        expect(await refusedField(`?skipToken=${encodeURIComponent(text)}`)).toBe('skipToken');
      }),
      { numRuns: 150 },
    );
  });
});

describe('how old the list may be', () => {
  const readings = () => {
    const seen = { count: 0 };
    const { surveyMachines } = memory().store;
    memory().store.surveyMachines = () => {
      seen.count += 1;
      return surveyMachines();
    };
    return seen;
  };

  it('is some seconds: who types and pages is served by one reading, and told its age', async () => {
    const seen = readings();
    const first = await list('?search=w');
    await put('web-01');
    clock.advance(2_000);
    const second = await list('?search=we');
    expect({ count: seen.count, total: second.total, readAt: second.readAt }).toEqual({
      count: 1,
      total: 0,
      readAt: first.readAt,
    });
    clock.advance(1_000);
    expect((await list('?search=we')).total).toBe(1);
    expect(seen.count).toBe(2);
  });

  it('is nothing for who asks with no-cache, as one does elsewhere after a change of his own', async () => {
    await list();
    await put('web-01');
    for (const value of ['no-cache', 'max-age=0, No-Cache']) {
      await put(value.length > 10 ? 'web-02' : 'web-03');
      expect((await list('', { 'cache-control': value })).total).toBe(value.length > 10 ? 3 : 2);
    }
    await put('web-04');
    expect((await list('', { 'cache-control': 'x-no-cache-y' })).total).toBe(3);
  });

  it('is nothing after a change that was asked for here', async () => {
    expect((await list()).total).toBe(0);
    const resourceId = idOfName('new-01');
    const facts = [...memory().resources.machines.values()][0] ?? machine.facts;
    if (facts) memory().resources.machines.set(resourceId.toLowerCase(), facts);
    const { status } = await callFunction('addMachine', {
      method: 'POST',
      path: '/api/machines',
      headers: { authorization: 'Bearer token', 'content-type': 'application/json' },
      body: JSON.stringify({ resourceId }),
    });
    expect({ status, total: (await list()).total }).toEqual({ status: 201, total: 1 });
  });

  it('is not made longer by a failure: the next one reads again', async () => {
    const { surveyMachines } = memory().store;
    memory().store.surveyMachines = () => Promise.reject(new Error('the database is away'));
    expect((await ask()).status).toBe(500);
    memory().store.surveyMachines = surveyMachines;
    await put('web-01');
    expect((await list()).total).toBe(1);
  });
});
