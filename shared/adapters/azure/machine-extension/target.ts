import type { z } from 'zod';
import type { ArmClient } from '../arm-client.ts';
import type { SeenExtension } from './seen-extension.ts';

/** Which handler of the platform is to act. */
export interface ExtensionHandler {
  publisher: string;
  type: string;
}

/** What an extension is to be; each kind of machine has its own place for it. */
export interface WantedExtension {
  handler: ExtensionHandler;
  /** Major and minor version that a virtual machine in Azure has to be told. */
  minimumVersion: string;
  settings: Readonly<Record<string, unknown>>;
  /** Never shown by ARM. */
  protectedSettings: object;
  forceUpdateTag: string | undefined;
}

/** How one kind of machine has the extension `AdminCenter`. */
export interface ExtensionTarget {
  apiVersion: string;
  /** Below the machine's id. */
  path: string;
  /** Of a read. */
  query?: Record<string, string>;
  schema: z.ZodType<SeenExtension>;
  hasTags: boolean;
  /** What has to be there before the extension can be. Repeatable. */
  prepare?(arm: ArmClient, resourceId: string): Promise<void>;
  bodyOf(wanted: WantedExtension, location: string, tags: Record<string, string>): object;
  /** Managed run commands; undefined where there are none. */
  runCommands?: { apiVersion: string };
}
