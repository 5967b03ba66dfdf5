/**
 * How it is shown: tables for people, lines of JSON for programs.
 *
 * @module
 */

export { checkupJson, checkupText } from "./checkup.ts";
export type { CheckBody, CheckupResult, VerdictBody } from "./checkup.ts";
export { confirmJson, confirmText, VERDICT_WORDS } from "./confirm.ts";
export type { ConfirmedRule, ConfirmResult, PlayedStimulus } from "./confirm.ts";
export { confirmJunit } from "./confirm_junit.ts";
export { confirmListText, consentText, RISK_MEANINGS } from "./confirm_list.ts";
export { confirmTap } from "./confirm_tap.ts";
export { matrixJson, matrixText } from "./matrix.ts";
export type { KernelRow, MatrixResult } from "./matrix.ts";
export { NdjsonReport } from "./ndjson.ts";
export { profileDiffJson, profileDiffText, profileJson, profileText } from "./profile.ts";
export type { ProfileComparison } from "./profile.ts";
export { publish, utcText } from "./publish.ts";
export type { Origin } from "./publish.ts";
export type { Report } from "./report.ts";
export { summaryText } from "./summary.ts";
export { TableReport } from "./table.ts";
export { leaksNowJson, leaksNowText } from "./leaks_now.ts";
export type { HolderBody, LeaksNowBody, LeaksNowResult } from "./leaks_now.ts";
export { leaksJson, leaksText, spanText } from "./leaks.ts";
export type { LeakBody, LeaksBody, LeaksCost, LeaksResult } from "./leaks.ts";
export { LeaksNews } from "./leaks_news.ts";
export { LEAK_SORTS, leaksScreen } from "./leaks_screen.ts";
export type { LeakSort, LeaksScreenOptions, ScreenLine } from "./leaks_screen.ts";
