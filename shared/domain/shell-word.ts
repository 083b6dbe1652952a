/** Characters that no shell reads as anything but themselves. */
const plain = /^[A-Za-z0-9_@%+:,./][A-Za-z0-9_@%+=:,./-]*$/;

/** One word of a POSIX shell that stands for exactly this text. */
export const shellWord = (text: string): string =>
  plain.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** A line to paste: `command` as it is, then `--name value` for each option that has a value. */
export const shellLine = (command: string, options: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(options).reduce(
    (line, [name, value]) => (value === undefined ? line : `${line} --${name} ${shellWord(value)}`),
    command,
  );
