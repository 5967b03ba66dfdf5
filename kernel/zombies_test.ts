import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalHost } from "../hosts/mod.ts";
import { readZombies } from "./zombies.ts";

/** Leaves a child that has ended unwaited for, under a name that looks like a state. */
const PARENT = String.raw`
$| = 1;
my $child = fork();
if (!$child) { my $name = "a) R\0"; syscall(157, 15, $name, 0, 0, 0); exit 0; }
while (1) {
  open(my $stat, "<", "/proc/$child/stat") or die;
  my $text = do { local $/; <$stat> };
  last if $text =~ /\) Z /;
  select(undef, undef, undef, 0.01);
}
print "$$ $child\n";
<STDIN>;
`;

test("readZombies() finds who has ended and was not waited for", async () => {
  await using host = new LocalHost();
  const parent = host.spawn(["perl", "-e", PARENT]);
  const { value } = await parent.stdout.getReader().read();
  const [pid = 0, child = 0] = new TextDecoder().decode(value).trim().split(" ").map(Number);
  try {
    const zombies = await readZombies(host, [pid, child, 4_194_304]);
    assert.deepEqual(zombies.kind === "known" && [...zombies.value], [child]);
  } finally {
    parent.kill();
  }
  await assert.rejects(readZombies(host, [-1]), RangeError);
});
