import { beforeAll, describe, expect, it, vi } from 'vitest';
import { readSettings } from '#functions/settings.ts';
import { errorTable } from '#shared/domain/error.ts';
import { environment } from '../../support/memory-ports.ts';

/** What somebody would have to name who lets people pay. */
const charging = /sku|pric(e|ing)|quota|billing|invoice|payment|metered|charge|licen[cs]e|credit|\bcurrency/i;

let description: string;
beforeAll(async () => {
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  await import('#functions/main.ts');
  const { describeApi } = await import('#functions/http/description.ts');
  description = JSON.stringify(describeApi());
});

describe('requirements 28 and 68: nothing is to be paid for', () => {
  it('in any body or answer of the API, certificates included', () => {
    expect(description).toContain('/api/machines/{id}/certificate');
    expect(description).toContain('/api/machines/{id}/extension');
    expect(description.match(new RegExp(charging, 'gi'))).toBeNull();
  });

  it('by any setting', () => {
    const names = Object.keys(readSettings({ ...environment }));
    expect(names).toContain('ADMIN_CENTER_CERTIFICATE_AUTHORITIES');
    expect(names.filter((name) => charging.test(name))).toEqual([]);
  });

  it('by any refusal: none asks for payment', () => {
    const rows = Object.entries(errorTable);
    const words = rows.filter(([code, { title, remedy }]) => charging.test([code, title, remedy].join(' ')));
    expect(words).toEqual([]);
    expect(rows.map(([, { status }]) => status)).not.toContain(402);
  });
});
