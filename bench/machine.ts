/**
 * What a benchmark ran on, and with.
 *
 * @module
 */

/**
 * Says when, where and with what a benchmark ran.
 *
 * @returns lines for people
 */
export async function machineFacts(): Promise<readonly string[]> {
  const cpuinfo = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const model = /^model name\s*:\s*(.+)$/m.exec(cpuinfo)?.[1] ?? "an unnamed processor";
  return [
    `date: ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
    `machine: ${navigator.hardwareConcurrency} CPUs, ${model}, ${Deno.build.os}-${Deno.build.arch}`,
    `Deno ${Deno.version.deno}, V8 ${Deno.version.v8}`,
  ];
}
