import type { CertificateState, KeyCustody, RevocationReason } from '../api/replies.ts';
import type { Tone } from './machine-state.ts';
import { withReadableTimes } from './words.ts';

export const certificateStates = {
  waiting: { word: 'Waiting', tone: 'busy' },
  ordered: { word: 'Being issued', tone: 'busy' },
  issued: { word: 'Issued, not in service yet', tone: 'busy' },
  delivered: { word: 'Delivered, not in service yet', tone: 'busy' },
  served: { word: 'In service', tone: 'good' },
  revoked: { word: 'Revoked', tone: 'bad' },
  expired: { word: 'Expired', tone: 'bad' },
  withdrawn: { word: 'Given up', tone: 'neutral' },
} as const satisfies Record<CertificateState, { word: string; tone: Tone }>;

/** Who holds the private key, and what speaks for and against it. */
export const custodies: Readonly<Record<KeyCustody, { holder: string; wish: string; tradeOff: string }>> = {
  vault: {
    holder: 'Key Vault',
    wish: 'Let Key Vault hold the key',
    tradeOff:
      'A renewal needs nothing of the machine, and one that was rebuilt gets its certificate back at once. Whoever may read the vault’s secrets may read the key.',
  },
  machine: {
    holder: 'The machine itself',
    wish: 'Let the machine hold the key',
    tradeOff:
      'The key never leaves the machine: nobody else ever has it. The machine must be connected for each renewal, and one that was rebuilt needs a new certificate, which counts against the authority’s limits.',
  },
};

/** RFC 5280 section 5.3.1, in the words of who has to choose. */
export const revocationReasons: Readonly<Record<RevocationReason, string>> = {
  unspecified: 'No reason given',
  keyCompromise: 'The private key may be known to others',
  affiliationChanged: 'The machine belongs to somebody else now',
  superseded: 'The certificate was replaced',
  cessationOfOperation: 'The machine is no longer in operation',
};
export const isRevocationReason = (text: string): text is RevocationReason =>
  Object.hasOwn(revocationReasons, text);

/** Thumbprints by their beginnings and times as the page writes them; the whole text stays on hover. */
export const readableDetail = (detail: string): string =>
  withReadableTimes(detail).replaceAll(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1…');

const eventWords = new Map([
  ['requested', 'A request by the machine’s key was asked for'],
  ['planned', 'It waits for its turn'],
  ['ordered', 'Ordered'],
  ['failed', 'A try failed'],
  ['issued', 'Issued'],
  ['advised', 'The authority moved the renewal'],
  ['delivered', 'Fetched by the agent'],
  ['served', 'Seen in service'],
  ['replacement-requested', 'A replacement was asked for'],
  ['revoked', 'Revoked'],
  ['expired', 'Expired'],
  ['withdrawn', 'Given up'],
]);

/** An event of the history in words; one that this page does not know yet as it is. */
export function eventSentence(event: string): string {
  const name = event.replace(/^certificate\./, '');
  return eventWords.get(name) ?? name.replaceAll(/[.-]/g, ' ');
}
