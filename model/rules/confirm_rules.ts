/**
 * All rules that a running kernel is confirmed by, in the order in which they are told.
 *
 * @module
 */

import type { ConfirmRule } from "./confirm_rule.ts";
import { L1, L2 } from "./laws.ts";
import { L3 } from "./l3_log.ts";
import { R10 } from "./r10_namespace.ts";
import { R11 } from "./r11_cgroup.ts";
import { R12 } from "./r12_creation.ts";
import { R13 } from "./r13_references.ts";
import { R14 } from "./r14_release.ts";
import { R15 } from "./r15_late.ts";
import { R16 } from "./r16_return.ts";
import { R17 } from "./r17_poll.ts";
import { R1 } from "./r1_detached.ts";
import { R2 } from "./r2_parent_settid.ts";
import { R3 } from "./r3_thread.ts";
import { R4A, R4B } from "./r4_integer.ts";
import { R5 } from "./r5_put_user.ts";
import { R6 } from "./r6_cloexec.ts";
import { R7 } from "./r7_rdwr.ts";
import { R8 } from "./r8_child.ts";
import { R9 } from "./r9_fdinfo.ts";
import { T1 } from "./t1_witnesses.ts";

/** The rules. */
export const CONFIRM_RULES: readonly ConfirmRule[] = [
  R1,
  R2,
  R3,
  R4A,
  R4B,
  R5,
  R6,
  R7,
  R8,
  R9,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15,
  R16,
  R17,
  L1,
  L2,
  L3,
  T1,
];
