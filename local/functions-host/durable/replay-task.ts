/** A task of the replay: settled once, and then it calls back at once and in order, never in a later tick. */
export class ReplayTask {
  #callbacks: (() => void)[] = [];
  settled = false;
  succeeded = false;

  whenSettled(callback: () => void): void {
    if (this.settled) callback();
    else this.#callbacks.push(callback);
  }

  settle(succeeded: boolean): void {
    if (this.settled) return;
    this.settled = true;
    this.succeeded = succeeded;
    for (const callback of this.#callbacks.splice(0)) callback();
  }
}

export function settledTask(): ReplayTask {
  const task = new ReplayTask();
  task.settle(true);
  return task;
}

/** Settles when all have, failures included: the extension waits for every one, unlike the library. */
export function whenAll(tasks: readonly ReplayTask[]): ReplayTask {
  const all = new ReplayTask();
  let open = tasks.length;
  for (const task of tasks)
    task.whenSettled(() => {
      open -= 1;
      if (open === 0) all.settle(tasks.every(({ succeeded }) => succeeded));
    });
  return all;
}

export function whenAny(tasks: readonly ReplayTask[]): ReplayTask {
  const any = new ReplayTask();
  for (const task of tasks) task.whenSettled(() => any.settle(true));
  return any;
}
