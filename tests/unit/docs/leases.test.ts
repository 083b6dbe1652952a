import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { leaseEndReasons, leaseLimits } from '#shared/domain/lease.ts';
import { notification, notificationTypes } from '#shared/protocol/notifications.ts';

const page = readFileSync(new URL('../../../docs/leases.md', import.meta.url), 'utf8');

describe('docs/leases.md', () => {
  it('shows a notification as it is sent', () => {
    const [, json = ''] = /```json\n([\s\S]+?)```/.exec(page) ?? [];
    const sample = notification.parse(JSON.parse(json));
    expect(sample).toEqual(JSON.parse(json));
    const { leaseId, machineId, link } = sample.data;
    expect(sample.subject).toBe(`machines/${machineId}/leases/${leaseId}`);
    expect(sample.id).toBe(`${leaseId}:approved:1`);
    expect(new URL(link).pathname).toBe(`/portal/${sample.subject}`);
  });

  it('names every kind of notification and every reason for an end', () => {
    const kinds = notificationTypes.map((type) => type.replace('admin-center.lease.', ''));
    const missing = [...kinds, ...leaseEndReasons].filter((word) => !page.includes(`\`${word}\``));
    expect(missing).toEqual([]);
  });

  it('has the limits of the code', () => {
    const { minutes, aheadDays, totalMinutes } = leaseLimits;
    expect(page).toContain(`(${minutes.minimum} to ${minutes.maximum.toLocaleString('en')})`);
    expect(page).toContain(`up to ${aheadDays} days ahead`);
    expect(page).toContain(`takes\n   ${totalMinutes / 60} hours at most`);
  });
});
