/**
 * Keeps what a run is told, while it runs.
 *
 * @module
 */

import { encodeEntry, encodeHeader } from "./recording.ts";
import type {
  RecordedSilence,
  RecordingEnd,
  RecordingEntry,
  RecordingHeader,
  ResumePoint,
} from "./recording.ts";
import { frame } from "./zstd.ts";

/** Where the bytes of a recording go. */
export interface RecordingSink {
  /** Takes bytes; resolves when there is room for more. Rejects when they cannot be written. */
  write(bytes: Uint8Array): Promise<void>;
  /** The present part is full: it becomes the older part, in the place of the one before, and a new one begins. */
  rotate(): Promise<void>;
  /** Everything was handed over; resolves when it is written. */
  close(): Promise<void>;
}

/** Options of {@linkcode Recorder}. */
export interface RecorderOptions {
  /** The header of the first part. */
  readonly header: RecordingHeader;
  /** Whether each flush is packed into a frame of Zstandard. */
  readonly compressed: boolean;
  /** Most bytes of a part; `undefined` for one part without a limit. */
  readonly partBytesMax: number | undefined;
  /** Where the numbering stands now; asked for before a line is taken that begins a part. */
  readonly resume: () => ResumePoint;
}

/** What is collected before it is packed: so much, or for so long. Plain lines are never held back. */
const BATCH_LENGTH_MAX = 256 * 1024;
const BATCH_MS_MAX = 1000;

/** Characters of raw lines that go into one entry, so that entries fit into small parts. */
const ENTRY_LENGTH_MAX = 32 * 1024;

/**
 * Writes a recording.
 *
 * Entries are put in order when a method is called; what is returned is waited for only so that a slow disk slows the
 * reading, and never rejects. A failure of the sink is told once, by {@linkcode Recorder.failed}, and ends the writing.
 */
export class Recorder {
  readonly #sink: RecordingSink;
  readonly #options: RecorderOptions;
  readonly #encoder = new TextEncoder();
  readonly #failed: PromiseWithResolvers<Error> = Promise.withResolvers();
  #error: Error | undefined;
  #queue: Promise<void> = Promise.resolve();
  #part: number;
  #partBytes = 0;
  #headerBytes = 0;
  #batch = "";
  #batchResume: ResumePoint | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Writes the header; see {@linkcode RecorderOptions}. */
  constructor(sink: RecordingSink, options: RecorderOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#part = options.header.part;
    this.#writeHeader(options.header);
  }

  /** Resolves with the reason when nothing more can be written; never otherwise. */
  get failed(): Promise<Error> {
    return this.#failed.promise;
  }

  /** Takes a chunk of bpftrace's lines, before they are correlated. */
  raw(lines: readonly string[]): Promise<void> {
    for (let at = 0; at < lines.length;) {
      let length = 0;
      let end = at;
      for (; end < lines.length && (end === at || length < ENTRY_LENGTH_MAX); end += 1) {
        length += lines[end]?.length ?? 0;
      }
      this.#take({ kind: "raw", lines: lines.slice(at, end) });
      at = end;
    }
    return this.#queue;
  }

  /** Takes note that the run is ended in the middle of things. */
  cut(): void {
    this.#take({ kind: "cut" });
  }

  /** Takes note of what was not seen. */
  silenced(what: RecordedSilence): void {
    this.#take({ kind: "silenced", ...what });
  }

  /** Takes note up to when it is known which programs were not run. */
  settled(untilNs: string | null): void {
    this.#take({ kind: "settled", untilNs });
  }

  /** Writes how the run ended and closes the file; resolves with the failure, if there was one. */
  async end(end: RecordingEnd): Promise<Error | undefined> {
    this.#take({ kind: "end", end });
    return await this.close();
  }

  /** Closes the file without a word about the end, as when the run fails; resolves with the failure, if there was one. */
  async close(): Promise<Error | undefined> {
    this.#flush();
    this.#enqueue(() => this.#sink.close());
    await this.#queue;
    return this.#error;
  }

  #take(entry: RecordingEntry): void {
    if (this.#error !== undefined) return;
    if (this.#batch === "" && this.#options.partBytesMax !== undefined) {
      this.#batchResume = this.#options.compressed ? this.#options.resume() : undefined;
    }
    this.#batch += encodeEntry(entry);
    const { compressed, partBytesMax = Infinity } = this.#options;
    // A frame must fit into a part together with its header, also when nothing in it can be packed.
    const isLong = this.#batch.length >= Math.min(BATCH_LENGTH_MAX, partBytesMax / 4);
    if (!compressed || isLong) return this.#flush();
    this.#timer ??= setTimeout(() => this.#flush(), BATCH_MS_MAX);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#batch === "") return;
    const bytes = this.#packed(this.#batch);
    const { partBytesMax } = this.#options;
    const isFull = partBytesMax !== undefined && this.#partBytes > this.#headerBytes &&
      this.#partBytes + bytes.length > partBytesMax;
    if (isFull) this.#nextPart(this.#batchResume ?? this.#options.resume());
    this.#batch = "";
    this.#write(bytes);
  }

  #nextPart(resume: ResumePoint): void {
    this.#part += 1;
    this.#partBytes = 0;
    this.#enqueue(() => this.#sink.rotate());
    this.#writeHeader({ ...this.#options.header, part: this.#part, resume });
  }

  #writeHeader(header: RecordingHeader): void {
    const bytes = this.#packed(encodeHeader(header));
    this.#headerBytes = bytes.length;
    this.#write(bytes);
  }

  #packed(text: string): Uint8Array {
    const bytes = this.#encoder.encode(text);
    return this.#options.compressed ? frame(bytes) : bytes;
  }

  #write(bytes: Uint8Array): void {
    this.#partBytes += bytes.length;
    this.#enqueue(() => this.#sink.write(bytes));
  }

  #enqueue(act: () => Promise<void>): void {
    this.#queue = this.#queue.then(() => this.#error === undefined ? act() : undefined).catch((error) => {
      this.#error = error instanceof Error ? error : new Error(`Cannot write the recording: ${error}`);
      this.#failed.resolve(this.#error);
    });
  }
}
