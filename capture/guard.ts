/**
 * The dead-man's switch on the traced machine: a small POSIX shell script that runs one program for us.
 *
 * It lives no longer than we are heard. We write one line a second to its standard input; at the end of that
 * input, or after four seconds without a line, it sends the program SIGINT (SIGTERM for a command), three seconds
 * later SIGKILL, removes its temporary folder and ends. Each of its four processes watches the others, so that
 * killing any one of them ends all:
 *
 * - the guard itself waits for the program and reports its exit;
 * - a reader passes our lines on, a ticker adds one line each second;
 * - a loop counts ticks since our last line, and looks whether guard and ticker are still there.
 *
 * When the loop is gone, the ticker's next write fails, and the ticker ends the program in its place. The three helpers
 * ignore the signals that a terminal, or a program such as `timeout`, sends to a whole process group: the program may
 * have a session of its own and be alive after it.
 *
 * A guard that ends before its program has begun marks its folder, and the program looks for the mark after it has
 * written its process id: so it either is found or does not begin.
 *
 * @module
 */

/** Seconds without a line from us after which the guard ends what it runs. */
export const GUARD_SILENCE_SECONDS = 4;

/** Seconds between the polite signal and SIGKILL. */
export const GUARD_GRACE_SECONDS = 3;

/**
 * The guard: constant text, parameters `MODE PROGRAM ARGUMENT...`.
 *
 * Mode `trace`: the guard's own process id is added as last argument, for the program in the kernel to watch.
 * Mode `command`: the program is held until a line `g` arrives, runs in an empty folder of its own and in its own
 * session, with empty input, and with its output on the standard error stream. What it leaves running in its process
 * group ends with it; a daemon has a session of its own and stays.
 *
 * It prints one JSON object a line: `guard` (its pid), `child` (the program's pid, its folder), `exit` (status).
 */
export const GUARD: string = String.raw`
mode=$1; shift
me=$$
trap : HUP INT
dir=$(mktemp -d /tmp/trace-clone.XXXXXX) || exit 125
mkdir "$dir/work" && mkfifo "$dir/lines" "$dir/go" || exit 125
case $mode in command) polite=TERM ;; *) polite=INT ;; esac

signal_child() {
  read -r child <"$dir/pid" || return
  case $mode in
    command) kill "-$1" "-$child" || kill "-$1" "$child" ;;
    *) kill "-$1" "$child" ;;
  esac
} 2>/dev/null
alive() { [ -e "/proc/$1/exe" ]; }
finish() {
  echo >"$dir/over"
  signal_child "$polite"
  waited=0
  while [ "$waited" -lt 30 ]; do
    child=$(cat "$dir/pid" 2>/dev/null) || break
    alive "$child" || break
    waited=$((waited + 1))
    sleep 0.1
  done
  signal_child KILL
  sleep 0.2
  kill -KILL "$reader" 2>/dev/null
  rm -rf "$dir"
  exit
}
end_children() {
  kill -TERM "-$child" || return
  waited=0
  while [ "$waited" -lt 30 ] && kill -0 "-$child"; do
    waited=$((waited + 1))
    sleep 0.1
  done
  kill -KILL "-$child"
}
exec 3<&0 </dev/null
(
  trap '' HUP INT QUIT TERM PIPE
  while IFS= read -r line <&3; do
    case $line in [hgq]) echo "$line" || break ;; esac
  done
  echo q
) >"$dir/lines" 2>/dev/null &
reader=$!
(
  trap '' HUP INT QUIT TERM PIPE
  exec 3<&-
  while sleep 1; do echo t || finish; done
) >"$dir/lines" 2>/dev/null &
ticker=$!
(
  trap '' HUP INT QUIT TERM
  exec 3<&-
  silent=0
  while IFS= read -r line; do
    case $line in
      h) silent=0 ;;
      g) [ "$mode" = command ] && [ -p "$dir/go" ] && echo go >"$dir/go" && rm "$dir/go" ;;
      q) break ;;
      t) silent=$((silent + 1)); [ "$silent" -lt 4 ] || break ;;
    esac
    alive "$me" && alive "$ticker" || break
  done
  finish
) <"$dir/lines" >/dev/null 2>&1 &
loop=$!
exec 3<&- 4>&2 2>/dev/null

printf '{"type": "guard", "pid": %d}\n' "$me"
case $mode in
  command)
    sh -c 'exec 2>&4 4>&-; dir=$0; echo "$$" >"$dir/pid" && [ ! -e "$dir/over" ] || exit 125
printf "{\"type\": \"child\", \"pid\": %d, \"folder\": \"%s\"}\n" "$$" "$dir/work"
cd "$dir/work" || exit 125
read -r word <"$dir/go" && exec setsid -- "$@" >&2' "$dir" "$@"
    ;;
  *)
    sh -c 'exec 2>&4 4>&-; echo "$$" >"$0/pid" && [ ! -e "$0/over" ] || exit 125
printf "{\"type\": \"child\", \"pid\": %d}\n" "$$"; exec "$@"' "$dir" "$@" "$me"
    ;;
esac
status=$?
read -r child <"$dir/pid"
rm -f "$dir/pid"
printf '\n{"type": "exit", "status": %d}\n' "$status"
kill -KILL "$loop" "$reader" "$ticker"
[ "$mode" = command ] && end_children
rm -rf "$dir"
exit "$status"
`;

/** What the guard runs: the tracer, or the user's command. */
export type GuardMode = "trace" | "command";

/**
 * Returns the words that start a guarded program on a host.
 *
 * @param mode what is run, see {@linkcode GUARD}
 * @param argv the program and its arguments; never read by the shell
 * @param options `sudo`: run both as root, by sudo, which asks for nothing (`-n`)
 * @returns words for `Host.spawn`
 * @example
 * ```ts
 * import { guardArgv } from "./guard.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(guardArgv("command", ["echo", "$(id)"]).slice(3), ["trace-clone-guard", "command", "echo", "$(id)"].slice(0));
 * ```
 */
export function guardArgv(
  mode: GuardMode,
  argv: readonly string[],
  options: { readonly sudo?: boolean } = {},
): readonly string[] {
  const asRoot = options.sudo === true ? ["sudo", "-n", "--"] : [];
  return [...asRoot, "sh", "-c", GUARD, "trace-clone-guard", mode, ...argv];
}
