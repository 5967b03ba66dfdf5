import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "../hosts/host.ts";
import { attempt, known, notKnown } from "./known.ts";

test("attempt() gives the value when reading succeeds", async () => {
  assert.deepEqual(await attempt(() => Promise.resolve(7)), known(7));
});

test("attempt() gives the reason and the hint when the machine refuses", async () => {
  const error = new HostError("Cannot read it: refused", { host: "h", kind: "denied", hint: "Be root" });
  const fact = await attempt(() => Promise.reject(error));
  assert.deepEqual(fact, notKnown("Cannot read it: refused (Be root)", true));
  assert.equal(fact.kind === "unknown" && fact.denied, true);
  const missing = new HostError("Cannot read it: missing", { host: "h", kind: "missing" });
  assert.deepEqual(await attempt(() => Promise.reject(missing)), notKnown("Cannot read it: missing"));
});

test("attempt() gives the reason when what was read makes no sense", async () => {
  const fact = await attempt(() => Promise.reject(new SyntaxError("Cannot parse BTF")));
  assert.deepEqual(fact, notKnown("Cannot parse BTF"));
});

test("attempt() throws on when the host is lost", async () => {
  const error = new HostError("No answer", { host: "h", kind: "lost" });
  await assert.rejects(attempt(() => Promise.reject(error)), error);
});

test("attempt() throws on when the failure is a mistake of ours", async () => {
  const error = new RangeError("Cannot do that");
  await assert.rejects(attempt(() => Promise.reject(error)), error);
});
