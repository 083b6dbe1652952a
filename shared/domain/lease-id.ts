/** The characters of base32 in the order in which texts are sorted. */
const sorted = '234567abcdefghijklmnopqrstuvwxyz';
const timeLength = 8;
/** Forty bits of these reach beyond the year 2500. */
const unitMs = 16;

/** 16 characters: those of a later time are sorted behind those of an earlier one. `random` has at least eight of its own. */
export function newLeaseId(at: Date, random: string): string {
  let left = Math.floor(at.getTime() / unitMs);
  let time = '';
  for (let digit = 0; digit < timeLength; digit += 1) {
    time = `${sorted[left % sorted.length]}${time}`;
    left = Math.floor(left / sorted.length);
  }
  return `${time}${random.slice(-timeLength)}`;
}

export const isLeaseId = (text: string): boolean => /^[a-z0-9]{16}$/.test(text);
