/**
 * What the scenarios of the stimulus mean: the pidfds in all tables of the run after each step.
 *
 * Written as {@linkcode describeRound} writes it, for a kernel that can do everything.
 *
 * @module
 */

function lines(text: string): readonly string[] {
  return text.trim().split("\n").map((line) => line.trim());
}

/** The lines of a round, by scenario. */
export const TABLES: Readonly<Record<string, readonly string[]>> = {
  "moves-dup": lines(`
    open A:3>B A:4>C
    dup A:3>B A:4>C A:5>B
    dup2-free A:3>B A:4>C A:5>B A:20>B
    dup2-over A:3>B A:4>B A:5>B A:20>B
    dup3-cloexec A:3>B A:4>B A:5>B A:20>B A:21>B
    f-dupfd A:3>B A:4>B A:5>B A:20>B A:21>B A:30>B
    f-dupfd-cloexec A:3>B A:4>B A:5>B A:20>B A:21>B A:30>B A:40>B
    dup2-over-null A:3>B A:4>B A:5>B A:6>B A:20>B A:21>B A:30>B A:40>B
    dup2-null-over A:3>B A:4>B A:6>B A:20>B A:21>B A:30>B A:40>B
    dup2-same A:3>B A:4>B A:6>B A:20>B A:21>B A:30>B A:40>B
    dup-fails A:3>B A:4>B A:6>B A:20>B A:21>B A:30>B A:40>B
    close-first A:4>B A:6>B A:20>B A:21>B A:30>B A:40>B
    close-but-one A:40>B
    close-last
    gone
  `),
  "moves-getfd": lines(`
    open A:3>B A:4>A B:3>C B:20>C
    getfd-other A:3>B A:4>A A:5>C B:3>C B:20>C
    getfd-own A:3>B A:4>A A:5>C A:6>C B:3>C B:20>C
    getfd-self A:3>B A:4>A A:5>C A:6>C A:7>A B:3>C B:20>C
    getfd-holder-gone A:3>- A:4>A A:5>C A:6>C A:7>A
    getfd-closed A:3>- A:4>A A:6>C A:7>A
    gone
  `),
  "moves-threads": lines(`
    threads-open A:3>B
    threads-reuse A:3>C
    threads-reuse-last A:3>B
    threads-shared A:3>B
    threads-unshare A:3>B A/D:3>B
    threads-unshare-open A:3>B A/D:3>B A/D:4>C A/D:30>C
    threads-unshare-close A:3>B A/D:4>C A/D:30>C
    threads-main-close A/D:4>C A/D:30>C
    threads-loner-ends
    threads-leader-ends E/F:3>B
    threads-survivor-opens E/F:3>B E/F:4>B
    threads-survivor-ends
    gone
  `),
  "moves-fork": lines(`
    open A:3>B
    fork A:3>B C:3>B
    fork-files A:3>B C:3>B D:3>B
    files-child-opens A:3>B A:4>E C:3>B D:3>B D:4>E
    files-child-closes A:4>E C:3>B D:4>E
    files-child-ends A:4>E C:3>B
    vfork A:4>E C:3>B F:4>E
    vfork-child-closes A:4>E C:3>B
    vfork-ends A:4>E C:3>B
    grandchild A:4>E C:3>B G:4>E
    child-closes A:4>E G:4>E
    parent-closes G:4>E
    exit-open
    gone
  `),
  "moves-exec": lines(`
    exec-before A:3>B A:4>C A:20>B A:21>B A:22>B A:23>B A:24>B A:25>B
    exec-fails A:3>B A:4>C A:20>B A:21>B A:22>B A:23>B A:24>B A:25>B
    exec A:20>B A:22>B A:25>B
    exec-ends
    exec-sharing-before D:3>B D:4>C D:20>B D:21>B D:22>B D:23>B D:24>B D:25>B E:3>B E:4>C E:20>B E:21>B E:22>B E:23>B E:24>B E:25>B
    exec-sharing D:3>B D:4>C D:20>B D:21>B D:22>B D:23>B D:24>B D:25>B E:20>B E:22>B E:25>B
    exec-sharing-ends D:3>B D:4>C D:20>B D:21>B D:22>B D:23>B D:24>B D:25>B
    exec-thread-before F:3>B F:4>C F:20>B F:21>B F:22>B F:23>B F:24>B F:25>B
    exec-thread F:20>B F:22>B F:25>B
    exec-thread-ends
    gone
  `),
  "moves-range": lines(`
    range-before A:3>B A:20>B A:21>B A:22>B A:23>B
    range A:3>B A:20>B A:23>B
    range-cloexec A:3>B A:20>B A:23>B
    range-cloexec-exec A:23>B
    range-ends
    range-shared C:3>B C:20>B C:21>B C:22>B C:23>B
    range-unshare C:3>B C:20>B C:21>B C:22>B C:23>B D:3>B D:20>B D:23>B
    range-unshare-rest C:3>B C:20>B C:21>B C:22>B C:23>B E:3>B E:20>B
    range-unshare-cloexec C:3>B C:20>B C:21>B C:22>B C:23>B F:3>B F:20>B F:21>B F:22>B F:23>B
    unshare C:3>B C:20>B C:21>B C:22>B C:23>B G:3>B G:20>B G:21>B G:22>B G:23>B
    unshare-close C:3>B C:20>B C:21>B C:22>B C:23>B G:3>B G:20>B G:22>B G:23>B
    range-unshare-ends C:3>B C:20>B C:21>B C:22>B C:23>B
    range-all
    gone
  `),
  "moves-scm": lines(`
    scm-sent A:5>B
    scm-under-way
    scm-peeked C:5>B
    scm-received C:5>B C:6>B
    scm-receiver-ends
    scm-two A:5>B A:6>D
    scm-truncated A:5>B
    scm-not-received
    scm-dropped
    scm-sender-gone
    scm-from-gone A:5>B
    scm-circle
    gone
  `),
  "moves-uring": lines(`
    uring-open A:4>B
    uring-close
    uring-close-async
    uring-registered A:4>B
    uring-fixed
    uring-install A:4>B
    uring-install-no-cloexec A:4>B A:5>B
    uring-unregistered A:4>B A:5>B
    uring-ring-closed
    gone
  `),
  "birth-peerpidfd": lines(`
    peerpidfd A:5>B
    peerpidfd-again A:5>B A:6>B
    peerpidfd-reaped A:5>- A:6>- A:7>-
    gone
  `),
  "birth-scmpidfd": lines(`
    scmpidfd A:5>B
    gone
  `),
  "birth-fanotify": lines(`
    fanotify A:5>B
    gone
  `),
  "birth-handle": lines(`
    handle A:3>B A:4>B
    handle-no-cloexec A:3>B A:4>B A:5>B
    gone
  `),
  "birth-reopen": lines(`
    reopen A:3>B A:4>B
    reopen-cloexec A:3>B A:4>B A:5>B
    reopen-rdwr A:3>B A:4>B A:5>B A:6>B
    reopen-mount A:3>B A:4>B A:5>B A:6>B C:3>B C:4>B C:5>B C:6>B C:7>B
    reopen-reaped A:3>- A:4>- A:5>- A:6>- A:7>-
    gone
  `),
  "birth-thread": lines(`
    thread-open A:3>B
    thread-open-leader A:3>B A:4>A
    thread-clone A:3>- A:4>A A:5>C
    gone
  `),
  "birth-coredump": lines(`
    coredump A:3>B
    coredump-after
    gone
  `),
  "uses-poll": lines(`
    open A:3>B
    used A:3>-
    close
    gone
  `),
  "uses-wait": lines(`
    open A:3>B
    used A:3>-
    close
    gone
  `),
  "uses-signal": lines(`
    open A:3>B
    used A:3>-
    close
    gone
  `),
  "uses-setns": lines(`
    open A:3>B
    used A:3>-
    close
    gone
  `),
  "uses-getfd": lines(`
    open A:3>B
    used A:3>-
    close
    gone
  `),
  "uses-ioctl": lines(`
    open A:3>B
    used A:3>-
    close
    gone
  `),
  "uses-madvise": lines(`
    open A:3>B
    used A:3>-
    close
    gone
  `),
  "uses-mrelease": lines(`
    open A:3>B
    used A:3>-
    close
    gone
  `),
};

/** The calls of a round, in their order, by scenario. */
export const STEPS: Readonly<Record<string, readonly string[]>> = {
  "uses-poll": ["poll", "epoll_ctl", "epoll_wait", "poll-block", "epoll_wait-ready"],
  "uses-wait": ["waitid", "waitid-block", "waitid-reap", "waitid-fails"],
  "uses-signal": ["pidfd_send_signal", "pidfd_send_signal", "pidfd_send_signal-fails"],
  "uses-setns": ["setns", "setns-fails"],
  "uses-getfd": ["pidfd_getfd", "pidfd_getfd-fails"],
  "uses-ioctl": ["ioctl-info", "ioctl-namespace"],
  "uses-madvise": ["process_madvise"],
  "uses-mrelease": ["process_mrelease-fails", "pidfd_send_signal", "process_mrelease"],
};
