/** What differs between kernels in how a pidfd's file is made, points to its `struct pid`, and lets it go. */

import type { Expr, Probe, Statement } from "../program/mod.ts";

/** One shape of pidfd files, and the probes for it. */
export interface PidfdFiles {
  /** What holds one reference of a `struct pid`. */
  readonly law: "per-file" | "per-inode";
  /** The shape, for people. */
  readonly name: string;
  /** Functions that make such files, the one that all paths take first. */
  readonly makers: readonly string[];
  /** Symbol of the `struct file_operations` by which a pidfd's file is known. */
  readonly operations: string;
  /** What a plan for such files does not see, one sentence each. */
  readonly cannotSee: readonly string[];
  /** What it does not see besides when slots are not watched. */
  readonly cannotSeeWithoutSlots: readonly string[];
  /** The expression for the `struct pid *` of an open pidfd's `struct file *`. */
  readonly pidOf: (file: Expr) => Expr;
  /**
   * The probe where a file was made.
   *
   * @param maker one of {@linkcode PidfdFiles.makers}
   * @param body gives its statements for the file and its `struct pid`
   */
  readonly made: (maker: string, body: (made: MadeFile) => readonly Statement[]) => Probe;
  /** The ways to see a file go, and its reference with it, the best one first. */
  readonly releases: readonly Release[];
}

/** One way to see a file go. */
export interface Release {
  /** Functions that it watches. */
  readonly functions: readonly string[];
  /** Symbols that it needs besides. */
  readonly symbols: readonly string[];
  /** Its probes. */
  readonly probes: () => readonly Probe[];
}

/** A file that was made just now. */
export interface MadeFile {
  /** The `struct file *`, or an error pointer. */
  readonly file: Expr;
  /** The `struct pid *`. */
  readonly pid: Expr;
}
