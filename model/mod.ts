/**
 * What it means: the pidfd lifecycle and the reference counts, as a state machine without clock and I/O.
 *
 * @module
 */

export { Correlator } from "./correlate.ts";
export type { CorrelatorOptions, StreamPoint, StreamTrust } from "./correlate.ts";
export { errnoName } from "./errno.ts";
export { compare, knownHolders } from "./ledger.ts";
export type { Count, Reading } from "./ledger.ts";
export { judgeRehearsal } from "./rehearsal.ts";
export type { Rehearsal, Trial } from "./rehearsal.ts";
export { ruleOf, RULES } from "./rules/registry.ts";
export type { Rule, RuleId } from "./rules/registry.ts";
export { initialState } from "./state.ts";
export type {
  Arrival,
  Doubts,
  DoubtWindow,
  EarlyRelease,
  FailedClone,
  ModelOptions,
  ModelState,
  PidfdFile,
  RefcountLaw,
  Releasing,
  Scope,
  Target,
} from "./state.ts";
export { step } from "./step.ts";
export type { ModelInput, StepResult } from "./step.ts";
export { Tally } from "./tally.ts";
export type { Update } from "./update.ts";
