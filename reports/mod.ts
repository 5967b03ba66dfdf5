/**
 * How it is shown: tables for people, lines of JSON for programs.
 *
 * @module
 */

export { checkupJson, checkupText } from "./checkup.ts";
export type { CheckBody, CheckupResult, VerdictBody } from "./checkup.ts";
export { matrixJson, matrixText } from "./matrix.ts";
export type { KernelRow, MatrixResult } from "./matrix.ts";
export { NdjsonReport } from "./ndjson.ts";
export { publish, utcText } from "./publish.ts";
export type { Origin } from "./publish.ts";
export type { Report } from "./report.ts";
export { summaryText } from "./summary.ts";
export { TableReport } from "./table.ts";
