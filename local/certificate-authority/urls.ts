/** Absolute addresses, below the origin that the client named. */
export const urls = {
  directory: (origin: string) => `${origin}/directory`,
  newNonce: (origin: string) => `${origin}/acme/new-nonce`,
  newAccount: (origin: string) => `${origin}/acme/new-account`,
  newOrder: (origin: string) => `${origin}/acme/new-order`,
  revokeCertificate: (origin: string) => `${origin}/acme/revoke-certificate`,
  keyChange: (origin: string) => `${origin}/acme/key-change`,
  renewalInfo: (origin: string) => `${origin}/acme/renewal-info`,
  account: (origin: string, id: string) => `${origin}/acme/account/${id}`,
  accountOrders: (origin: string, id: string) => `${origin}/acme/account/${id}/orders`,
  order: (origin: string, id: string) => `${origin}/acme/order/${id}`,
  finalize: (origin: string, id: string) => `${origin}/acme/order/${id}/finalize`,
  authorization: (origin: string, id: string) => `${origin}/acme/authorization/${id}`,
  challenge: (origin: string, id: string) => `${origin}/acme/challenge/${id}`,
  certificate: (origin: string, id: string) => `${origin}/acme/certificate/${id}`,
} as const;
