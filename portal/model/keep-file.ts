/** Gives the browser a file to keep: a link with a token in it would be worse than this. */
export function keepFile(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun with the click; the address may go a moment later.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
