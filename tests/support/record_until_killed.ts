/**
 * A program that records a chunk every few milliseconds until it is killed, and prints how many the file has taken.
 *
 * @module
 */

import { Recorder } from "../../capture/mod.ts";
import { RecordingFile } from "../../scripts/cli/recording_file.ts";
import { recordedHeader } from "./recording.ts";

const [path = ""] = Deno.args;
const file = await RecordingFile.create(path, { bytesMax: undefined });
const recorder = new Recorder(file, {
  header: recordedHeader(),
  compressed: file.isPacked,
  partBytesMax: undefined,
  resume: () => ({ ktimeNs: "0", members: [], counters: [] }),
});
for (let chunk = 1;; chunk += 1) {
  await recorder.raw([`chunk ${chunk}`]);
  console.log(chunk, performance.now());
  await new Promise((resolve) => setTimeout(resolve, 5));
}
