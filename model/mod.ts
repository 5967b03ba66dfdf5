/**
 * What it means: the pidfd lifecycle and the reference counts, as a state machine without clock and I/O.
 *
 * @module
 */

export { Correlator } from "./correlate.ts";
export type { CorrelatorOptions, StreamPoint } from "./correlate.ts";
export type { RecursionMisses, StreamTrust } from "./stream_trust.ts";
export { errnoName } from "./errno.ts";
export { compare, knownHolders } from "./ledger.ts";
export type { Count, Reading } from "./ledger.ts";
export { isPlaceIn } from "./place.ts";
export type { Place } from "./place.ts";
export { Identities } from "./identities.ts";
export type { Identity, IdentityLimits, ProcessMoment } from "./identities.ts";
export { judgeRehearsal } from "./rehearsal.ts";
export { NO_STIMULUS } from "./_trial.ts";
export type { Rehearsal, Trial } from "./_trial.ts";
export { GROWTH_RULE, LeakBook } from "./leaks/book.ts";
export type { LeakBookOptions, LeakGroup, MetHarmless } from "./leaks/book.ts";
export { DOUBLE_CLOSE_RULE } from "./leaks/double_closes.ts";
export type { Certainty } from "./leaks/double_closes.ts";
export { GROUPINGS } from "./leaks/grouping.ts";
export type { Grouping } from "./leaks/grouping.ts";
export { HARMLESS_PATTERNS } from "./leaks/harmless.ts";
export type { HarmlessPattern } from "./leaks/harmless.ts";
export type { GrowthVerdict } from "./leaks/growth.ts";
export { familyOf, LEAK_FAMILIES, TWO_OWNERS } from "./leaks/families.ts";
export type { HeldFamily, LeakFamily } from "./leaks/families.ts";
export { Holdings } from "./leaks/holdings.ts";
export type { HolderId, Holding, LeakTarget, Origin, Use, Way } from "./leaks/holdings.ts";
export { LEAK_RULES, suspectsOf } from "./leaks/suspects.ts";
export type { LeakRule, LeakRuleId, Suspect, SuspectOptions } from "./leaks/suspects.ts";
export { holdersOf } from "./leaks/holders.ts";
export type { HeldTarget, Holder, Surroundings, TargetState } from "./leaks/holders.ts";
export { compareProfiles } from "./profile/profile_diff.ts";
export type { ChangedFact, ProfileDiff, UntoldFact } from "./profile/profile_diff.ts";
export { makeProfile, PROFILE_PROVOCATIONS, PROFILE_ROWS } from "./profile/profile.ts";
export type { ProfileRow } from "./profile/profile_row.ts";
export type { Profile, ProfileFact } from "./profile/profile.ts";
export { readProfile } from "./profile/read_profile.ts";
export { compared } from "./rules/check.ts";
export type { Check, Exhibit, Witness } from "./rules/check.ts";
export { judgeRule } from "./rules/confirm_rule.ts";
export type { ConfirmRule, Judgement, Verdict } from "./rules/confirm_rule.ts";
export { CONFIRM_RULES } from "./rules/confirm_rules.ts";
export { Evidence } from "./rules/evidence.ts";
export type { Call, Told, Truth } from "./rules/evidence.ts";
export { fdinfoLine, readFacts, writeFact } from "./rules/facts.ts";
export type { Fact, FactLine, FactRun, FactValue } from "./rules/facts.ts";
export { readProvocations } from "./rules/provocations.ts";
export type { Provocation, Risk } from "./rules/provocations.ts";
export { backportOf, FIXES } from "./rules/backport.ts";
export type { Backport, Fix, FixState, FixVerdict, Move } from "./rules/backport.ts";
export { ATTEMPTS, EVERY_ATTEMPT, withheld } from "./rules/attempts.ts";
export type { Attempt } from "./rules/attempts.ts";
export { errorOf, stepOf } from "./rules/step.ts";
export type { Step } from "./rules/step.ts";
export { evidenceOf, holeOf } from "./rules/torn.ts";
export { hasMetTheMoment } from "./rules/r15_late.ts";
export { couldBeSeedLike, isSeedLike } from "./rules/seed_like.ts";
export { ruleOf, RULES } from "./rules/registry.ts";
export type { Rule, RuleId } from "./rules/registry.ts";
export type { SlotComparison, SlotListing } from "./_comparison.ts";
export { slotsOfTasks } from "./slots.ts";
export { SlotChanges } from "./slots.ts";
export type { FdTable, Slot, SlotGraph, TableUser, TaskSlot } from "./slots.ts";
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
  SlotNews,
  TableCopy,
  Target,
} from "./state.ts";
export { step } from "./step.ts";
export type { ModelInput, StepResult } from "./step.ts";
export { Tally } from "./tally.ts";
export type { Update } from "./update.ts";
