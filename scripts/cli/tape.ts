/**
 * What stands between bpftrace's lines and the correlator: what is taken out of them, and what is kept.
 *
 * @module
 */

import { Recorder, Redactor } from "../../capture/mod.ts";
import type { LineTap, RecordingEnd, RecordingHeader, RedactField, ResumePoint } from "../../capture/mod.ts";
import type { Loss } from "../../events/mod.ts";
import { Correlator } from "../../model/mod.ts";
import type { CorrelatorOptions, Update } from "../../model/mod.ts";
import type { Ending } from "./endings.ts";
import { CliError, EXIT } from "./exit_code.ts";
import { recordedCounter } from "./recorded_counter.ts";
import type { RecordingFile } from "./recording_file.ts";

/** What is taken out and where what remains is kept. */
export interface TapeOptions {
  /** What is taken out. */
  readonly redact: readonly RedactField[];
  /** Where it is kept; `undefined` for nowhere. */
  readonly file: RecordingFile | undefined;
}

/** Hears a run. */
export class Tape implements LineTap, AsyncDisposable {
  readonly #file: RecordingFile | undefined;
  readonly #redactor: Redactor;
  readonly #failed = new AbortController();
  #recorder: Recorder | undefined;
  #room: Promise<void> = Promise.resolve();

  /** Begins with nothing heard; see {@linkcode TapeOptions}. */
  constructor(options: TapeOptions) {
    this.#file = options.file;
    this.#redactor = new Redactor(options.redact, crypto.getRandomValues(new Uint8Array(32)));
  }

  /** Aborted with an `Ending` when nothing more can be kept. */
  get signal(): AbortSignal {
    return this.#failed.signal;
  }

  /**
   * Writes the header and returns the correlator of the run, whose end in the middle of things is kept too.
   *
   * @param header makes the first line
   * @param options for the correlator
   */
  begin(header: () => RecordingHeader, options: CorrelatorOptions): Correlator {
    const correlator = new TapedCorrelator(options, () => this.#recorder);
    const file = this.#file;
    if (file === undefined) return correlator;
    const first = header();
    this.#recorder = new Recorder(file, {
      header: first,
      compressed: file.isPacked,
      partBytesMax: file.bytesMax === undefined ? undefined : Math.floor(file.bytesMax / 2),
      resume: () => resumePoint(correlator, first),
    });
    this.#recorder.failed.then((error) => {
      const reason = `the recording could not be written: ${error.message}`;
      this.#failed.abort({ reason, code: EXIT.budget } satisfies Ending);
    });
    return correlator;
  }

  /** Takes lines out of which nothing was taken yet. */
  take(lines: readonly string[]): readonly string[] {
    const kept = this.#redactor.lines(lines);
    if (this.#recorder !== undefined) this.#room = this.#recorder.raw(kept);
    return kept;
  }

  /** Resolves when the file takes more. */
  ready(): Promise<void> {
    return this.#room;
  }

  /** Writes how the run ended; resolves with what went wrong, if anything. */
  async end(end: RecordingEnd): Promise<CliError | undefined> {
    const recorder = this.#recorder;
    this.#recorder = undefined;
    const error = await recorder?.end(end);
    if (error === undefined || error instanceof CliError) return error;
    return new CliError(`Cannot write the recording: ${error.message}`, { code: EXIT.budget });
  }

  /** Writes what was heard so far, when the run failed before its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#recorder?.close();
    this.#recorder = undefined;
  }
}

/** Tells the recorder what it is told and no line of bpftrace says. */
class TapedCorrelator extends Correlator {
  readonly #recorder: () => Recorder | undefined;
  #settledNs: bigint | undefined;

  constructor(options: CorrelatorOptions, recorder: () => Recorder | undefined) {
    super(options);
    this.#recorder = recorder;
  }

  override cut(): void {
    this.#recorder()?.cut();
    super.cut();
  }

  override settle(settledNs: bigint | undefined): void {
    if (settledNs !== this.#settledNs) this.#recorder()?.settled(settledNs?.toString() ?? null);
    this.#settledNs = settledNs;
    super.settle(settledNs);
  }

  override lose(loss: Loss): readonly Update[] {
    const { fromNs, toNs, detail, events } = loss;
    this.#recorder()?.silenced({
      fromNs: (fromNs ?? 0n).toString(),
      toNs: toNs?.toString() ?? null,
      detail,
      ...(loss.reason === "missed-probe" ? { reason: loss.reason, events } : {}),
    });
    return super.lose(loss);
  }
}

function resumePoint(correlator: Correlator, header: RecordingHeader): ResumePoint {
  const { ktimeNs, members, counters } = correlator.point;
  const attachedNs = BigInt(header.attachment.attachedNs);
  return {
    ktimeNs: (ktimeNs > attachedNs ? ktimeNs : attachedNs).toString(),
    members,
    counters: counters.map(recordedCounter),
  };
}
