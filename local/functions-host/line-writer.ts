/** Long enough to take the lines of several calls, too short to be seen. */
const gatherMs = 20;

/** Lines to a stream, several in one write: with a write each, the log of a call costs as much as the call. */
export interface LineWriter {
  line(text: string): void;
  /** Writes what waits, at once. */
  flush(): void;
}

export function createLineWriter(write: (text: string) => void): LineWriter {
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const text = waiting;
    waiting = '';
    if (text !== '') write(text);
  };
  return {
    line(text) {
      waiting += `${text}\n`;
      timer ??= setTimeout(flush, gatherMs).unref();
    },
    flush,
  };
}
