import { createHash } from 'node:crypto';
import type { LeafFacts } from '#shared/domain/certificate.ts';

/** What stands for a PEM chain between the authority and the vault in memory: JSON text. */
export interface MemoryChain {
  serialNumber: string;
  hostNames: string[];
  notBefore: string;
  notAfter: string;
  /** The request that it answers. */
  request: string;
}

export const encodeChain = (chain: MemoryChain): string => JSON.stringify(chain);
export const decodeChain = (text: string): MemoryChain => JSON.parse(text) as MemoryChain;

export function leafOf(text: string): LeafFacts {
  const { serialNumber, notBefore, notAfter } = decodeChain(text);
  return {
    thumbprint: createHash('sha256').update(text).digest('hex'),
    serialNumber,
    notBefore,
    notAfter,
  };
}
