import type { HostCheck } from '#shared/domain/host-check.ts';

/** A page that a browser asks for again and again says the same each time. */
const atMostEveryMs = 30_000;

export interface RecentChecksOptions {
  /** Looks at everything once; it never rejects. */
  check(): Promise<HostCheck[]>;
  /** Milliseconds. */
  now(): number;
  onChecked(checks: readonly HostCheck[]): void;
}

/** What the last checks of this machine found. */
export interface RecentChecks {
  /** undefined before the first are done. */
  latest(): HostCheck[] | undefined;
  /** Checks once more, unless that is under way or was just done. */
  again(): void;
  /** The same while something is amiss: what was mended is soon seen. */
  againIfAmiss(): void;
}

export function createRecentChecks({ check, now, onChecked }: RecentChecksOptions): RecentChecks {
  let latest: HostCheck[] | undefined;
  let startedAt = Number.NEGATIVE_INFINITY;
  let isRunning = false;

  async function run(): Promise<void> {
    isRunning = true;
    startedAt = now();
    latest = await check();
    isRunning = false;
    onChecked(latest);
  }

  function again(): void {
    if (!isRunning && now() - startedAt >= atMostEveryMs) void run();
  }

  return {
    latest: () => latest,
    again,
    againIfAmiss() {
      if (latest?.some(({ ok }) => ok === false)) again();
    },
  };
}
