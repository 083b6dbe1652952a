import { join } from 'node:path';
import { z } from 'zod';
import { bad, good, type Outcome } from './check-outcome.ts';
import { readIfPresent, writeDurably } from './durable-file.ts';
import type { HostChecks } from './host-checks.ts';
import type { HostControl } from './host-control.ts';

const markerFile = z.object({
  port: z.number(),
  /** ISO 8601. */
  at: z.string(),
});
/** That the Windows Admin Center of this machine was taken over: it outlives the reason. */
type Marker = z.infer<typeof markerFile>;

/** A Windows Admin Center that no extension brought (requirement 54), and what became of it. */
export type ManualFinding =
  | { state: 'none' }
  | { state: 'found'; failure?: string }
  | ({ state: 'taken-over' } & Marker);

const fileIn = (dataDirectory: string): string => join(dataDirectory, 'taken-over.json');

async function readMarker(dataDirectory: string): Promise<Marker | undefined> {
  const text = await readIfPresent(fileIn(dataDirectory));
  try {
    return text === undefined ? undefined : markerFile.parse(JSON.parse(text));
  } catch {
    // It is written again by the next take-over.
    return undefined;
  }
}

/** Service or registry of one, and no handler of the platform. False where it cannot be told. */
async function isThere(host: HostChecks): Promise<boolean> {
  if (!host.isWindows) return false;
  const [service, port, handler] = await Promise.all([
    host.serviceState(),
    host.registeredPort(),
    host.hasExtensionHandler(),
  ]);
  const isHere =
    ('known' in service && service.known !== 'absent') || ('known' in port && port.known !== undefined);
  return isHere && 'known' in handler && !handler.known;
}

const findingOf = (isFound: boolean, marker: Marker | undefined, failure?: string): ManualFinding => {
  if (!isFound) return { state: 'none' };
  if (marker) return { state: 'taken-over', ...marker };
  return { state: 'found', ...(failure !== undefined && { failure }) };
};

/** What a process beside the agent finds. */
export async function findManualInstall(host: HostChecks, dataDirectory: string): Promise<ManualFinding> {
  return findingOf(await isThere(host), await readMarker(dataDirectory));
}

export function checkManualInstall(finding: ManualFinding): Outcome | undefined {
  if (finding.state === 'none') return undefined;
  if (finding.state === 'taken-over')
    return good(
      `a Windows Admin Center that no extension installed was taken over at ${finding.at}: SmePort is ${finding.port}`,
    );
  const found = 'a Windows Admin Center that no extension installed: to install one replaces it';
  return finding.failure === undefined
    ? bad(found, 'nothing is forwarded to it; to lose it, install again and agree to that')
    : bad(`it was not taken over: ${finding.failure}`, 'mend that; the agent tries again');
}

export interface ManualInstallOptions {
  dataDirectory: string;
  /** Where the service behind the agent is to listen. */
  port: number;
  host: HostChecks;
  control: HostControl;
  now(): number;
  onTakenOver(done: string): void;
  onFailure(failure: string): void;
}

export interface ManualInstall {
  /** Looks once more, and takes over what is there when somebody agreed. Never rejects; it is not called again before it has ended. */
  settle(hasConsent: boolean): Promise<void>;
  /** Looks once more and changes nothing. */
  look(): Promise<ManualFinding>;
  latest(): ManualFinding;
  /** Nobody agreed, or it has not worked yet: nothing may be forwarded. */
  isWithheld(): boolean;
}

/** Consent is needed once: what was taken over is ours, and follows the port of the install. */
export async function openManualInstall(options: ManualInstallOptions): Promise<ManualInstall> {
  const { dataDirectory, port, host, control } = options;
  let marker = await readMarker(dataDirectory);
  let isFound = false;
  let failure: string | undefined;
  const latest = () => findingOf(isFound, marker, failure);

  return {
    async settle(hasConsent) {
      isFound = await isThere(host);
      if (!isFound || marker?.port === port || (!marker && !hasConsent)) return;
      const outcome = await control.takeOver(port);
      failure = 'failure' in outcome ? outcome.failure : undefined;
      if ('failure' in outcome) return options.onFailure(outcome.failure);
      marker = { port, at: new Date(options.now()).toISOString() };
      options.onTakenOver(outcome.done);
      // Where it cannot be written, the next start does it again.
      await writeDurably(fileIn(dataDirectory), JSON.stringify(marker)).catch((error: unknown) =>
        options.onFailure(`it was taken over, which could not be kept: ${String(error)}`),
      );
    },
    async look() {
      isFound = await isThere(host);
      return latest();
    },
    latest,
    isWithheld: () => isFound && !marker,
  };
}
