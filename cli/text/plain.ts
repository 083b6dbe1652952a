/**
 * Text of others as one line that cannot steer a terminal: control characters and the marks that turn the direction
 * of writing become spaces.
 */
export const plain = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- finding control characters is what it is for
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ').trim();
