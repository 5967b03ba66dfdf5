/**
 * Bugs in what the model knows of slots and fd tables.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** The bugs. */
export const SLOT_MUTANTS: readonly Mutant[] = [
  {
    file: "model/slots.ts",
    original: "const old = this.empty(table, slot.fd);",
    replacement: "const old = table.slots.get(slot.fd);",
    bug: "What a slot held before still counts when the slot is filled anew",
  },
  {
    file: "model/slots.ts",
    original: "if (slot.fd < hole.from || slot.fd > hole.to) this.fill(table, slot);",
    replacement: "if (slot.fd < hole.from || slot.fd >= hole.to) this.fill(table, slot);",
    bug: "The last number of what a copy leaves out is copied",
  },
  {
    file: "model/slots.ts",
    original: "    if (live === 0) this.#forgetThreads(pid, null);\n",
    replacement: "",
    bug: "Threads of a process that has ended keep their tables",
  },
  {
    file: "model/slots.ts",
    original: "if (tid === pid && live > 0) this.#users.set(tid, { ...user, leaderless: true });\n      else",
    replacement: "",
    bug: "With its first thread a process loses its table, though others have it",
  },
  {
    file: "model/slots.ts",
    original: "if (tid !== user.pid && !this.#users.has(user.pid)) this.#users.set(user.pid, user);",
    replacement: "",
    bug: "A process whose other thread was seen first is not known to have a table",
  },
  {
    file: "model/slots.ts",
    original: "    table.dying = true;\n    for",
    replacement: "    for",
    bug: "A table that its last user has left is taken to live on",
  },
  {
    file: "model/_slots.ts",
    original: "if (slot.fd < event.first || slot.fd > event.last) continue;",
    replacement: "if (slot.fd <= event.first || slot.fd > event.last) continue;",
    bug: "close_range leaves its first number alone",
  },
  {
    file: "model/_slots.ts",
    original: "if (!isCopy && event.shared === 0 && old !== undefined) forgetTable(state, old);",
    replacement: "if (event.shared === 0 && old !== undefined) forgetTable(state, old);",
    bug: "A child has an empty table",
  },
  {
    file: "model/_slots.ts",
    original:
      "inTable.find((it) => it.closeOnExec === true) ?? inTable.find((it) => it.closeOnExec === null)",
    replacement: "inTable[0]",
    bug: "Exec closes the first slot of a file, whatever its flag",
  },
  {
    file: "model/_slots.ts",
    original: "if (event.users !== 1 || table === undefined) return;",
    replacement: "if (event.users > 2 || table === undefined) return;",
    bug: "A table ends with the last but one of its users",
  },
  {
    file: "model/_slots.ts",
    original: "if (!isExit && event.live === 1) slots.alone(event);",
    replacement: "",
    bug: "Threads that exec has ended keep their tables",
  },
  {
    file: "model/_slots.ts",
    original: "event.displaced === event.file ? event.references : event.references + 1;",
    replacement: "event.references;",
    bug: "dup2 adds no reference",
  },
  {
    file: "model/_slots.ts",
    original: "return event.references === 1 && (known.installed || isOlder);",
    replacement: "return event.references === 0 && (known.installed || isOlder);",
    bug: "A new file at the address of one whose end was lost is taken for that one",
  },
  {
    file: "model/_slots.ts",
    original: "if (slot !== undefined) slot.closeOnExec = event.closeOnExec !== 0;",
    replacement: "if (slot !== undefined) slot.closeOnExec = event.closeOnExec === 0;",
    bug: "F_SETFD is understood the wrong way round",
  },
  {
    file: "model/_slots.ts",
    original: "    state.copies.delete(event.tid);\n    slots.forget(event.table);\n",
    replacement: "    state.copies.delete(event.tid);\n",
    bug: "The table of a fork that failed stays",
  },
  {
    file: "model/_slot_news.ts",
    original: "const sent = file.sent.shift() ?? file.lastSent;",
    replacement: "const sent = file.sent.pop() ?? file.lastSent;",
    bug: "The message that was sent last is received first",
  },
  {
    file: "model/_slot_news.ts",
    original: "while (file.sent.length > Math.max(0, references - slots)) file.sent.shift();",
    replacement: "while (file.sent.length > Math.max(0, references)) file.sent.shift();",
    bug: "A message that has gone with its socket still holds its file",
  },
  {
    file: "model/_slot_news.ts",
    original: 'return call === "pidfd_getfd" ? "pidfd.getfd" : "pidfd.dup";',
    replacement: 'return call === "pidfd_open" ? "pidfd.getfd" : "pidfd.dup";',
    bug: "What pidfd_getfd takes from another process is said to be a dup",
  },
  {
    file: "model/_slot_news.ts",
    original: "    return emptySlots(state, address);\n",
    replacement: "    emptySlots(state, address);\n",
    bug: "What slots told of an older file at the address is said of the new one",
  },
  {
    file: "model/_slot_news.ts",
    original: "    return emptySlots(state, address);\n",
    replacement: "    return;\n",
    bug: "Slots of an older file at the address are those of a new one that was told of first",
  },
  {
    file: "model/_slots.ts",
    original: "    emptySlots(state, event.file);\n    state.unborn.delete(event.file);\n",
    replacement: "    state.unborn.delete(event.file);\n",
    bug: "Slots of an older file at the address are those of a new one whose slot is told of first",
  },
  {
    file: "model/_slot_doubts.ts",
    original: "    if (nowNs - table.heardNs >= SLOTS_SETTLE_NS) forgetTable(state, table);\n",
    replacement: "",
    bug: "What a dying table still holds after all waiting is kept",
  },
  {
    file: "model/_slot_doubts.ts",
    original: "nowNs - table.heardNs >= SLOTS_SETTLE_NS) forgetTable",
    replacement: "nowNs >= table.heardNs) forgetTable",
    bug: "What a dying table still holds at the next heartbeat is given up at once",
  },
  {
    file: "model/_calls.ts",
    original: '[47, "recvmsg"],',
    replacement: '[46, "recvmsg"],',
    bug: "The number of recvmsg is that of sendmsg",
  },
  {
    file: "model/_found.ts",
    original: "if (table.slots.has(found.fd)) return;",
    replacement: "",
    bug: "What a walk has found replaces what was told since",
  },
];
