import type { SignIns } from './access/sign-ins.ts';
import type { Api } from './api.ts';
import type { KnownNames } from './known-names.ts';
import type { Output } from './output.ts';

/** What a command works with. */
export interface CommandContext {
  api: Api;
  output: Output;
  signIns: SignIns;
  /** Names that completion offers, as they were last seen. */
  names: KnownNames;
  /** Resolves after this time; rejects at Ctrl-C and at the end of `--timeout`. */
  wait(ms: number): Promise<void>;
  /** Opens an address in the person's browser where there is one and it is wanted; false when not. */
  openBrowser(url: string): boolean;
  /** Somebody is here who can be asked. */
  isAttended: boolean;
  /** Asks for a yes. */
  confirm(question: string): Promise<boolean>;
  /** The text of a file, or of standard input for `-`. */
  readText(path: string): Promise<string>;
  /** A whole file at once: it is there complete, or as it was before. */
  writeText(path: string, text: string): Promise<void>;
}

/** What was given on the command line, by name. */
export interface Given<
  A extends string,
  O extends string,
  F extends string,
  L extends string,
  P extends string = string,
> {
  arguments: Readonly<Record<A, string>>;
  optional: Readonly<Partial<Record<P, string>>>;
  options: Readonly<Partial<Record<O, string>>>;
  flags: Readonly<Partial<Record<F, boolean>>>;
  /** In their order; empty where none was given. */
  lists: Readonly<Record<L, readonly string[]>>;
}

export interface Option {
  /** How help writes the value. */
  value: string;
  meaning: string;
  /** Every value that there is, where they can be listed. */
  choices?: readonly string[];
  /** The value is a path on this computer. */
  isPath?: boolean;
}

/** One command, as data: what parses it, runs it and explains it. An option has one meaning in all commands. */
export interface Command<
  A extends string = string,
  O extends string = string,
  F extends string = string,
  L extends string = string,
  P extends string = string,
> {
  /** One word or several: `lease request`. */
  words: string;
  summary: string;
  /** Name and meaning, in their order; each is needed. */
  arguments: Readonly<Record<A, string>>;
  /** Those after them that may be left out. */
  optional?: Readonly<Record<P, string>>;
  options: Readonly<Record<O, Option>>;
  flags: Readonly<Record<F, string>>;
  /** Options that may be given several times. */
  lists?: Readonly<Record<L, Option>>;
  /** Whole lines without the program's name, each of which this command understands. */
  examples?: readonly string[];
  /** Further sentences for its help. */
  notes?: readonly string[];
  /** Throws a `Failure` or a `UsageError`; a request that the arguments do not allow is never sent. */
  run(context: CommandContext, given: Given<A, O, F, L, P>): Promise<void>;
}

/** Infers the names, so that `run` can ask only for what the command declares. */
export const defineCommand = <
  A extends string = never,
  O extends string = never,
  F extends string = never,
  L extends string = never,
  P extends string = never,
>(
  command: Command<A, O, F, L, P>,
): Command => command;
