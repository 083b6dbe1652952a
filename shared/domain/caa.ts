/** RFC 8659 section 4: one property of a CAA record set. */
export interface CaaRecord {
  /** A property with this flag that is not understood forbids all issuance. */
  critical: boolean;
  /** `issue`, `issuewild`, `iodef`..., lower case. */
  tag: string;
  value: string;
}
