import { describe, expect, it } from 'vitest';
import { authorityLimits } from '#shared/domain/authority-limits.ts';
import type { CertificateAuthority } from '#shared/ports/certificate-authority.ts';
import { createPlanner, day, minute, plannedAuthority, start } from '../../support/planner.ts';

const letsEncrypt = () => plannedAuthority('lets-encrypt', authorityLimits['lets-encrypt']);
const google = () => plannedAuthority('google', authorityLimits['google-trust-services']);

/** So many machines at once; each comes back when it was told to, and its order is sent twenty seconds later. */
async function install(count: number, authorities: readonly CertificateAuthority[]) {
  const { reserve, settleTurn, clock } = createPlanner(authorities);
  const events = new Map<string, { at: number; run: () => Promise<void> }>();
  let lastTurnAt = start;
  const asks = new Map<string, number>();
  const ask = (machineId: string) => async (): Promise<void> => {
    asks.set(machineId, (asks.get(machineId) ?? 0) + 1);
    const answer = await reserve(machineId);
    if ('plan' in answer) {
      events.set(machineId, { at: Date.parse(answer.plan.turnAt), run: ask(machineId) });
      return;
    }
    lastTurnAt = clock.now();
    const { authority } = answer.granted;
    const spent = { authority, reservation: `issue-${machineId}`, outcome: 'spent' } as const;
    events.set(machineId, { at: clock.now() + minute / 3, run: () => settleTurn(spent) });
  };
  for (let index = 0; index < count; index += 1) await ask(`m${index}`)();
  for (;;) {
    const [next] = [...events].toSorted(([, one], [, other]) => one.at - other.at);
    if (!next) return { days: (lastTurnAt - start) / day, mostAsks: Math.max(...asks.values()) };
    const [id, { at, run }] = next;
    events.delete(id);
    clock.advance(Math.max(0, at - clock.now()));
    await run();
  }
}

describe('120 first installs at once', () => {
  it('take what the zone’s budget at Let’s Encrypt needs: 50 at once and the other 70 every 201.6 minutes', async () => {
    const { days, mostAsks } = await install(120, [letsEncrypt()]);
    expect(days).toBeGreaterThanOrEqual((70 * 201.6) / (24 * 60));
    expect(days).toBeLessThan((70 * 201.6 + 1) / (24 * 60));
    // A date is a date: hardly anybody is told another one.
    expect(mostAsks).toBeLessThanOrEqual(3);
  });

  it('take minutes where a second authority has no such budget', async () => {
    const { days } = await install(120, [letsEncrypt(), google()]);
    expect(days * 24 * 60).toBeLessThan(15);
  });
});
