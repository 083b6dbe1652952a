/**
 * Request units, near enough to compare one way of asking with another: a point read of 1 KB is 1, a write of
 * 1 KB about 5, a query 2.3 and a fraction for every document that it reads.
 */
const kilobytes = (bytes: number) => Math.max(1, Math.ceil(bytes / 1024));
const rounded = (charge: number) => Math.round(charge * 100) / 100;

export const chargeOfRead = (bytes: number) => kilobytes(bytes);
export const chargeOfWrite = (bytes: number) => rounded(5.29 + 0.95 * (kilobytes(bytes) - 1));
export const chargeOfQuery = (documentsRead: number) => rounded(2.28 + 0.05 * documentsRead);
