import assert from "node:assert/strict";
import { parseTarget, type Target } from "./parse_target.ts";

/** What a target must be, without its name. */
type Expected = Target extends infer Each ? Each extends Target ? Omit<Each, "name"> : never : never;

const GOOD: readonly (readonly [string, Expected])[] = [
  ["local", { kind: "local" }],
  ["ssh:lab1", { kind: "ssh", destination: { host: "lab1" } }],
  ["ssh:root@lab1.example.org", { kind: "ssh", destination: { user: "root", host: "lab1.example.org" } }],
  ["ssh:lab1:2222", { kind: "ssh", destination: { host: "lab1", port: 2222 } }],
  ["ssh:a@b@lab1:22", { kind: "ssh", destination: { user: "a@b", host: "lab1", port: 22 } }],
  ["ssh:10.0.0.1", { kind: "ssh", destination: { host: "10.0.0.1" } }],
  ["ssh:[::1]", { kind: "ssh", destination: { host: "::1" } }],
  ["ssh:u@[fe80::1%eth0]:23", { kind: "ssh", destination: { user: "u", host: "fe80::1%eth0", port: 23 } }],
  ["lab:6.12", { kind: "lab", kernel: "6.12" }],
  ["lab:6.18-rc1", { kind: "lab", kernel: "6.18-rc1" }],
  ["lab:6.1+bookworm", { kind: "lab", kernel: "6.1+bookworm" }],
  ["lab:./bzImage", { kind: "image", path: "./bzImage" }],
  ["lab:/boot/vmlinuz 1", { kind: "image", path: "/boot/vmlinuz 1" }],
  ["replay:a:b.ndjson", { kind: "replay", path: "a:b.ndjson" }],
  ["replay:-", { kind: "replay", path: "-" }],
];

const BAD: readonly string[] = [
  "",
  "Local",
  "local:",
  "lab",
  "lab:",
  "lab:-6",
  "lab:6 12",
  "replay:",
  "replay:a\0b",
  "docker:x",
  "ssh:",
  "ssh:@lab1",
  "ssh:root@",
  "ssh:lab1:",
  "ssh:lab1:0",
  "ssh:lab1:65536",
  "ssh:lab1:22:22",
  "ssh:::1",
  "ssh:[::1",
  "ssh:[lab1]",
  "ssh:[]",
  "ssh:-oProxyCommand=id",
  "ssh:root@-oProxyCommand=id",
  "ssh:-l@lab1",
  "ssh:a b",
  "ssh:a;id",
  "ssh:$(id)@lab1",
  "ssh:lab1\n",
];

Deno.test("parseTarget() reads every form", () => {
  for (const [text, expected] of GOOD) assert.deepEqual(parseTarget(text), { ...expected, name: text });
});

Deno.test("parseTarget() throws a TypeError when the text is no target", () => {
  for (const text of BAD) {
    assert.throws(() => parseTarget(text), TypeError, `accepted ${JSON.stringify(text)}`);
  }
});

Deno.test("parseTarget() names the forms when it has no idea", () => {
  const forms = /local, ssh:\[USER@\]HOST\[:PORT\], lab:KERNEL, lab:PATH, replay:FILE is required$/;
  assert.throws(() => parseTarget("docker:x"), forms);
});
