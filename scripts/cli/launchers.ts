/**
 * Notices when the processes that launched us have gone.
 *
 * `npx deno run trace-clone` is a chain of processes, and killing the outer ones leaves the inner one alive. So a
 * small watcher looks once a second whether every ancestor of ours that is in our process group, and our parent in
 * any case, is still there. The shell that started the chain has a process group of its own and is not watched.
 *
 * @module
 */

/**
 * Constant text; it prints the ancestors that it watches, then a line a second, and ends when one of them has gone
 * or nobody reads it.
 */
const WATCH: string = String.raw`
fields() { IFS= read -r line <"/proc/$1/stat" 2>/dev/null || return 1; set -- ${"$"}{line##*) }; parent=$2 group=$3; }
tool=$PPID
fields "$tool" || exit 1
own=$group watched=$parent next=$parent
while [ "$next" -gt 1 ] && fields "$next" && [ "$group" = "$own" ]; do
  case " $watched " in *" $next "*) ;; *) watched="$watched $next" ;; esac
  next=$parent
done
echo "watch $watched"
while sleep 1; do
  for pid in $watched; do
    [ -e "/proc/$pid/stat" ] || { echo gone; exit 0; }
  done
  echo alive || exit 0
done
`;

/** A watch over the launchers; closing it ends the watcher. */
export interface LaunchersWatch extends AsyncDisposable {
  /** Resolves when one of the launchers has gone; never otherwise. */
  readonly gone: Promise<void>;
}

/**
 * Starts to watch the processes that launched this one.
 *
 * @returns the watch
 */
export function watchLaunchers(): LaunchersWatch {
  const child = new Deno.Command("sh", {
    args: ["-c", WATCH],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const gone = Promise.withResolvers<void>();
  const read = async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) {
      if (/^gone$/m.test(decoder.decode(chunk, { stream: true }))) gone.resolve();
    }
  };
  const reading = read().catch(() => undefined);
  return {
    gone: gone.promise,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch { /* it has ended */ }
      await Promise.all([child.status, reading]);
    },
  };
}
