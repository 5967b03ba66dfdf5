/**
 * What the provocations give on a kernel that is as it should be, by `describeFact`, and where the lab's kernels differ.
 *
 * A line is the fact, its call and how that ended; then, as far as they apply, what the integer holds (`int=pidfd`, the
 * child's `tid`, as it was: `kept`, or a number that is no descriptor: `stale`), how many descriptors more there are
 * (`fds+1`), whether the caller has a child after it, F_GETFD and F_GETFL, the lines of fdinfo, what poll and waitid told.
 * `target` is the number of the child, `n` another one that is not small. BORN and NONE stand for what all births have,
 * and all failures that touch nothing.
 *
 * @module
 */

const BORN = "ok int=pidfd fds+1 fd=1 fl=0x2 Pid=target NSpid=target";
const NONE = "int=kept fds+0 childless";

function lines(text: string): readonly string[] {
  return text.trim().split("\n").map((line) => line.trim().replace("BORN", BORN).replace("NONE", NONE));
}

/** The lines of a round, by scenario, on the newest kernel of the lab. */
export const STORY: Readonly<Record<string, readonly string[]>> = {
  "confirm-slow": lines(`
    birth clone BORN
    second pidfd_open ok fds+1 fd=1 fl=0x2 Pid=target NSpid=target
    second-close close ok
    close close ok
    left left ok fds+0 childless
  `),
  "confirm-unreadable": lines(`
    unreadable clone EFAULT fds+0 childless
    unreadable clone3 EFAULT fds+0 childless
  `),
  "confirm-integer": lines(`
    holds-0 clone BORN
    holds-12345 clone BORN
    holds-1 clone BORN
    holds--1 clone BORN
    holds-0 clone3 BORN
    holds-12345 clone3 BORN
    holds-1 clone3 BORN
    holds--1 clone3 BORN
  `),
  "confirm-conflicts": lines(`
    pidfd clone BORN
    detached clone ok int=kept fds+0
    pidfd-detached clone EINVAL NONE
    parent-settid clone ok int=tid fds+0
    pidfd-parent-settid clone EINVAL NONE
    thread clone ok int=kept fds+0
    pidfd-thread clone ok int=pidfd fds+1 fd=1 fl=0x82 Pid=target NSpid=target
    pidfd-thread-alone clone EINVAL NONE
    pidfd clone3 BORN
    detached clone3 EINVAL NONE
    pidfd-detached clone3 EINVAL NONE
    parent-settid clone3 ok int=kept parent_tid=tid fds+0
    pidfd-parent-settid clone3 ok int=pidfd parent_tid=tid fds+1 fd=1 fl=0x2 Pid=target NSpid=target
    thread clone3 ok int=kept fds+0
    pidfd-thread clone3 ok int=pidfd fds+1 fd=1 fl=0x82 Pid=target NSpid=target
    pidfd-thread-alone clone3 EINVAL NONE
    pidfd-parent-settid-same clone3 EINVAL int=kept parent_tid=0 fds+0 childless
  `),
  "confirm-page": lines(`
    writable clone BORN
    read-only clone EFAULT NONE
    null clone EFAULT fds+0 childless
    unmapped clone EFAULT fds+0 childless
    writable clone3 BORN
    read-only clone3 EFAULT NONE
    null clone3 EFAULT fds+0 childless
    unmapped clone3 EFAULT fds+0 childless
  `),
  "confirm-flags": lines(`
    clone clone BORN
    pidfd_open pidfd_open ok fds+1 fd=1 fl=0x2 Pid=target NSpid=target
    pidfd_open-nonblock pidfd_open ok fds+1 fd=1 fl=0x802 Pid=target NSpid=target
    pidfd_open-thread pidfd_open ok fds+1 fd=1 fl=0x82 Pid=target NSpid=target
    reopen open ok fd=0 fl=0x8000 Pid=target NSpid=target
    reopen-cloexec open ok fd=1 fl=0x8000 Pid=target NSpid=target
    reopen-rdwr open ok fd=1 fl=0x8002 Pid=target NSpid=target
    handle open_by_handle_at ok fd=0 fl=0x2 Pid=target NSpid=target
    handle-cloexec open_by_handle_at ok fd=1 fl=0x80002 Pid=target NSpid=target
    getfd pidfd_getfd ok fd=1 fl=0x2 Pid=target NSpid=target
    clone3 clone3 BORN
    so_peerpidfd getsockopt ok fd=1 fl=0x2 Pid=target NSpid=target
    scm_pidfd recvmsg ok fd=1 fl=0x2 Pid=target NSpid=target
    fanotify read ok fd=1 fl=0x2 Pid=target NSpid=target
  `),
  "confirm-child": lines(`
    without clone ok int=kept fds+0
    without-open open ok
    without-walk walk ok pidfds=0
    without-fcntl fcntl EBADF
    apart clone BORN
    apart-open open ok
    apart-walk walk ok pidfds=0
    apart-fcntl fcntl EBADF
    shared clone BORN
    shared-open open ok
    shared-walk walk ok pidfds=1
    shared-fcntl fcntl ok
  `),
  "confirm-fdinfo": lines(`
    clone clone BORN
    alive fdinfo ok Pid=target NSpid=target
    zombie fdinfo ok Pid=target NSpid=target
    reaped fdinfo ok Pid=-1 NSpid=-1
  `),
  "confirm-nested": lines(`
    outside clone BORN
    inner clone BORN,1
    inner-mount mount ok
    deeper clone BORN,1
    host-outside fdinfo ok Pid=n NSpid=n
    host-inner fdinfo ok Pid=n NSpid=n,1
    host-deeper fdinfo ok Pid=n NSpid=n,2,1
    inner-outside fdinfo ok Pid=0 NSpid=0
    inner-inner fdinfo ok Pid=1 NSpid=1
    inner-deeper fdinfo ok Pid=2 NSpid=2,1
    deeper-mount mount ok
    deeper-outside fdinfo ok Pid=0 NSpid=0
    deeper-inner fdinfo ok Pid=0 NSpid=0
    deeper-deeper fdinfo ok Pid=1 NSpid=1
    inner-outside-from-host fdinfo ok Pid=0 NSpid=0
    inner-inner-from-host fdinfo ok Pid=1 NSpid=1
    inner-deeper-from-host fdinfo ok Pid=2 NSpid=2,1
    deeper-ends poll ok revents=0x41
    host-outside-zombie fdinfo ok Pid=n NSpid=n
    host-deeper-zombie fdinfo ok Pid=n NSpid=n,2,1
    inner-outside-zombie fdinfo ok Pid=0 NSpid=0
    inner-deeper-zombie fdinfo ok Pid=2 NSpid=2,1
    host-outside-reaped fdinfo ok Pid=-1 NSpid=-1
    host-deeper-reaped fdinfo ok Pid=-1 NSpid=-1
    inner-outside-reaped fdinfo ok Pid=-1 NSpid=-1
    inner-deeper-reaped fdinfo ok Pid=-1 NSpid=-1
    host-inner-zombie fdinfo ok Pid=target NSpid=target,1
    host-inner-reaped fdinfo ok Pid=-1 NSpid=-1
    left left ok fds+0 childless
  `),
  "confirm-pids-max": lines(`
    pids-max clone EAGAIN int=stale fds+0 childless
    pids-max-stale fcntl EBADF
    pids-max-next open ok
    pids-max clone3 EAGAIN int=stale fds+0 childless
    pids-max-stale fcntl EBADF
    pids-max-next open ok
    below-pids-max clone BORN
    below-pids-max clone3 BORN
  `),
  "confirm-emfile": lines(`
    emfile clone EMFILE NONE
    one-number-left clone BORN
    emfile clone3 EMFILE NONE
    one-number-left clone3 BORN
    emfile-open pidfd_open EMFILE fds+0
  `),
  "confirm-nproc": lines(`
    nproc clone EAGAIN NONE
    nproc clone3 EAGAIN NONE
  `),
  "confirm-dead-namespace": lines(`
    unshare unshare ok
    init clone ok fds+0
    dead-namespace clone ENOMEM NONE
    dead-namespace clone3 ENOMEM NONE
  `),
  "confirm-set-tid": lines(`
    set-tid-free clone3 BORN
    set-tid-used clone3 EEXIST NONE
    set-tid-0 clone3 EINVAL NONE
    set-tid--1 clone3 EINVAL NONE
    set-tid-33-times clone3 EINVAL NONE
    set-tid-2-times clone3 EINVAL NONE
    set-tid-nobody clone3 EPERM NONE
  `),
  "confirm-into-cgroup": lines(`
    cgroup clone3 BORN
    removed-cgroup clone3 ENOENT int=stale fds+0 childless
    removed-cgroup-stale fcntl EBADF
    not-a-cgroup clone3 EBADF int=stale fds+0 childless
    not-a-cgroup-stale fcntl EBADF
    left left ok fds+0 childless
  `),
  "confirm-wait": lines(`
    birth clone BORN
    zombie waitid ok si=target,1,7
    reap waitid ok si=target,1,7
    after waitid ECHILD
    birth clone3 BORN
    zombie waitid ok si=target,1,7
    reap waitid ok si=target,1,7
    after waitid ECHILD
  `),
  "confirm-poll": lines(`
    birth clone BORN
    alive poll ok revents=0x0
    alive-waits poll ok revents=0x0
    woken poll ok revents=0x41
    end end ok
    zombie poll ok revents=0x41
    reaped poll ok revents=0x51
  `),
  "confirm-poll-threads": lines(`
    birth clone BORN
    thread-open pidfd_open ok fds+1 fd=1 fl=0x82 Pid=target NSpid=target
    group-woken poll ok revents=0x41
    all-alive poll ok revents=0x0
    thread-alive poll ok revents=0x0
    thread-end end ok
    thread-ended poll ok revents=0x51
    without-thread poll ok revents=0x0
    leader-end end ok
    without-leader poll ok revents=0x0
    group-end end ok
    group-ended poll ok revents=0x41
  `),
  "confirm-exec": lines(`
    target-birth clone BORN
    target-execs execve ok
    target-poll poll ok revents=0x0
    target-fdinfo fdinfo ok Pid=target NSpid=target
    target-woken poll ok revents=0x41
    target-wait waitid ok si=target,1,0
    thread-birth clone BORN
    thread-execs execve ok
    thread-poll poll ok revents=0x0
    thread-fdinfo fdinfo ok Pid=target NSpid=target
    thread-woken poll ok revents=0x41
    thread-wait waitid ok si=target,1,0
    holder-wait waitid ok si=target,1,0
    holder-birth clone BORN
    holder-execs execve gone
    left left ok fds+0 childless
  `),
  "confirm-clone3": lines(`
    plain clone3 ok
    unknown-flag clone3 EINVAL childless
    signal-in-flags clone3 EINVAL childless
    no-such-signal clone3 EINVAL childless
    parent-and-signal clone3 EINVAL childless
    size-of-the-first clone3 ok
    size-below-the-first clone3 EINVAL childless
    size-of-a-page clone3 ok
    end-is-not-zero clone3 E2BIG childless
    size-above-a-page clone3 E2BIG childless
    no-such-signal clone EINVAL NONE
    autoreap clone3 BORN
    autoreap-and-signal clone3 EINVAL NONE
    no-new-privileges clone3 BORN
    autokill-alone clone3 EINVAL NONE
    autokill clone3 ok int=pidfd fds+1 fd=1 fl=0x202 Pid=target NSpid=target
    autokill-close close ok
    autokill-closed poll ok revents=0x51
    autokill-nobody clone3 EPERM NONE
    empty-mount-namespace clone3 BORN
  `),
  "confirm-open": lines(`
    alive pidfd_open ok fds+1 fd=1 fl=0x2 Pid=target NSpid=target
    flags-1 pidfd_open EINVAL fds+0
    pid-0 pidfd_open EINVAL fds+0
    pid--1 pidfd_open EINVAL fds+0
    no-leader pidfd_open ENOENT fds+0
    no-leader-thread pidfd_open ok fds+1 fd=1 fl=0x82 Pid=target NSpid=target
    zombie pidfd_open ok fds+1 fd=1 fl=0x2 Pid=target NSpid=target
    reaped pidfd_open ESRCH fds+0
  `),
  "confirm-uses": lines(`
    birth clone BORN
    signal-alive pidfd_send_signal ok
    signal-flags-1 pidfd_send_signal ok
    signal-own-thread pidfd_send_signal ok
    signal-own-process pidfd_send_signal ok
    getfd-none pidfd_getfd EBADF
    getfd-flags pidfd_getfd EINVAL
    info-alive ioctl ok
    uts-namespace ioctl ok fd=1 fl=0x0 Pid=n NSpid=n
    file-system fstatfs ok
    nonblock pidfd_open ok fds+1 fd=1 fl=0x802 Pid=target NSpid=target
    wait-nonblock waitid EAGAIN
    inside clone ok
    info-foreign ioctl EREMOTE
    handle name_to_handle_at ok
    handle-of-the-root open_by_handle_at ok
    signal-zombie pidfd_send_signal ok
    getfd-zombie pidfd_getfd ESRCH
    info-zombie ioctl ok
    signal-reaped pidfd_send_signal ESRCH
    getfd-reaped pidfd_getfd ESRCH
    info-reaped ioctl ok
    wait-reaped waitid ECHILD
    handle-reaped open_by_handle_at ESTALE
    reopen-reaped open ok
  `),
  "confirm-peer": lines(`
    peer-alive getsockopt ok fd=1 fl=0x2 Pid=target NSpid=target
    peer-reaped getsockopt ok fd=1 fl=0x2 Pid=-1 NSpid=-1
  `),
};

/** Lines that are others before 7.1, by their first two words; null for no line. */
const BEFORE_AUTOREAP: Readonly<Record<string, string | null>> = {
  "no-such-signal clone": BORN,
  "autoreap clone3": `EINVAL ${NONE}`,
  "no-new-privileges clone3": `EINVAL ${NONE}`,
  "autokill clone3": `EINVAL ${NONE}`,
  "autokill-close close": null,
  "autokill-closed poll": null,
  "autokill-nobody clone3": `EINVAL ${NONE}`,
  "empty-mount-namespace clone3": `EINVAL ${NONE}`,
};

/** Those that are others before pidfs. */
const BEFORE_PIDFS: Readonly<Record<string, string | null>> = {
  ...BEFORE_AUTOREAP,
  "no-leader pidfd_open": "EINVAL fds+0",
  "no-leader-thread pidfd_open": "EINVAL fds+0",
  "signal-flags-1 pidfd_send_signal": "EINVAL",
  "signal-own-thread pidfd_send_signal": "EBADF",
  "signal-own-process pidfd_send_signal": "EBADF",
  "info-alive ioctl": "ENOTTY",
  "info-foreign ioctl": "ENOTTY",
  "info-zombie ioctl": "ENOTTY",
  "info-reaped ioctl": "ENOTTY",
  "uts-namespace ioctl": "ENOTTY",
  "handle name_to_handle_at": "EOPNOTSUPP",
  "handle-of-the-root open_by_handle_at": null,
  "handle-reaped open_by_handle_at": null,
  "reopen-reaped open": "ENXIO",
  "peer-alive getsockopt": "ENOPROTOOPT",
  "peer-reaped getsockopt": "ENOPROTOOPT",
  "pidfd-thread clone": `EINVAL ${NONE}`,
  "pidfd-thread clone3": `EINVAL ${NONE}`,
  "pidfd_open-thread pidfd_open": "EINVAL fds+0",
  "reopen open": "ENXIO",
  "reopen-cloexec open": "ENXIO",
  "reopen-rdwr open": "ENXIO",
  "handle open_by_handle_at": "EOPNOTSUPP",
  "handle-cloexec open_by_handle_at": "EOPNOTSUPP",
  "so_peerpidfd getsockopt": "ENOPROTOOPT",
  "scm_pidfd recvmsg": "ENOPROTOOPT",
  "reaped poll": "ok revents=0x41",
  "thread-open pidfd_open": "EINVAL fds+0",
  "thread-alive poll": null,
  "thread-ended poll": null,
};

/** Lines that are others before pidfs has handles, and pidfds that can be opened again for writing. */
const EARLY_PIDFS: Readonly<Record<string, string | null>> = {
  ...BEFORE_AUTOREAP,
  "no-leader pidfd_open": "EINVAL fds+0",
  "signal-own-thread pidfd_send_signal": "EBADF",
  "signal-own-process pidfd_send_signal": "EBADF",
  "info-alive ioctl": "EINVAL",
  "info-foreign ioctl": "EINVAL",
  "info-zombie ioctl": "EINVAL",
  "info-reaped ioctl": "EINVAL",
  "handle name_to_handle_at": "EOPNOTSUPP",
  "handle-of-the-root open_by_handle_at": null,
  "handle-reaped open_by_handle_at": null,
  "peer-reaped getsockopt": "EINVAL",
  "handle open_by_handle_at": "EOPNOTSUPP",
  "handle-cloexec open_by_handle_at": "EOPNOTSUPP",
  "reopen-rdwr open": "EPERM",
};

/** A kernel of the lab, its laws about inodes, and where its lines are others. */
export interface StoryKernel {
  /** Its name in the lab. */
  readonly name: string;
  /** Whether all pidfds share one inode, or those of one process. */
  readonly inodes: "one" | "per-process";
  /** Permission bits of a pidfd. */
  readonly mode: number;
  /** What follows the first two words of a line; null for no such line. */
  readonly others: Readonly<Record<string, string | null>>;
}

/** The kernels of the lab, the one that most use first. */
export const STORY_KERNELS: readonly StoryKernel[] = [
  { name: "6.12", inodes: "per-process", mode: 0o700, others: EARLY_PIDFS },
  { name: "6.1", inodes: "one", mode: 0o600, others: BEFORE_PIDFS },
  { name: "5.10", inodes: "one", mode: 0o600, others: BEFORE_PIDFS },
  { name: "7.2", inodes: "per-process", mode: 0o700, others: {} },
  { name: "6.18", inodes: "per-process", mode: 0o700, others: BEFORE_AUTOREAP },
];

/**
 * The lines that a kernel must give, sorted: facts of several processes come in no order.
 *
 * @param scenario the provocation
 * @param kernel the kernel
 */
export function expectedLines(scenario: string, kernel: StoryKernel): readonly string[] {
  return (STORY[scenario] ?? []).flatMap((line) => {
    const [name] = /^\S+ \S+/.exec(line) ?? [""];
    const other = kernel.others[name];
    if (other === undefined) return [line];
    return other === null ? [] : [`${name} ${other}`];
  }).sort();
}
