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
 * Constant text; it prints the ancestors that it watches, then a line a second, and ends with status 0 when one of them
 * has gone or nobody reads it, with status 1 when this machine has no /proc to look at. A signal to our whole process
 * group, such as that of Ctrl-C, is for us: what it means is not that a launcher has gone.
 */
const WATCH: string = String.raw`
trap '' HUP INT QUIT TERM
fields() { IFS= read -r line <"/proc/$1/stat" 2>/dev/null || return 1; set -- ${"$"}{line##*) }; state=$1 parent=$2 group=$3; }
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
    fields "$pid" && [ "$state" != Z ] || { echo gone; exit 0; }
  done
  echo alive || exit 0
done
`;

/** A watch over the launchers; closing it ends the watcher. */
export interface LaunchersWatch extends AsyncDisposable {
  /** Resolves with the reason when one of the launchers has gone, or the watcher itself; never otherwise. */
  readonly gone: Promise<string>;
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
  const gone = Promise.withResolvers<string>();
  let isClosed = false;
  // A pause of the watcher may hold its output open for a second after its end.
  const closing = new AbortController();
  const reading = child.stdout.pipeTo(new WritableStream(), { signal: closing.signal }).catch(() =>
    undefined
  );
  child.status.then(({ code, signal }) => {
    if (isClosed) return;
    if (signal !== null) gone.resolve("the watcher of the processes that started the tool has gone");
    else if (code === 0) gone.resolve("the process that started the tool has gone");
  });
  return {
    gone: gone.promise,
    async [Symbol.asyncDispose]() {
      isClosed = true;
      try {
        child.kill("SIGKILL");
      } catch { /* it has ended */ }
      closing.abort();
      await Promise.all([child.status, reading]);
    },
  };
}
