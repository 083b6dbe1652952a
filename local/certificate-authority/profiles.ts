const hourMs = 60 * 60 * 1000;

interface Profile {
  description: string;
  lifetimeMs: number;
}

/** Certificate profiles by name (draft-ietf-acme-profiles); the first is used when an order names none. */
export type Profiles = Readonly<Record<string, Profile>>;

/** The three lifetimes of Let's Encrypt in 2026. */
export const defaultProfiles: Profiles = {
  classic: { description: '90 days', lifetimeMs: 90 * 24 * hourMs },
  tlsserver: { description: '45 days', lifetimeMs: 45 * 24 * hourMs },
  shortlived: { description: '160 hours', lifetimeMs: 160 * hourMs },
};
