/* Pidfds that neither clone nor pidfd_open made. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fanotify.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "messages.h"
#include "players.h"
#include "scenario.h"

/* Since Linux 6.5, and 6.9; the headers of Debian 12 are older. */
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#define SO_PEERPIDFD 77
#endif
#define KIND_SCM_PIDFD 4
#define OPEN_PIDFD_THREAD O_EXCL

#define STACK_SIZE 65536

/* Tells of a birth and takes a snapshot of that name. A kernel that lacks the
 * call gives one of the errors that are listed: the step is skipped then, and
 * false. Any other error is wrong. */
static bool born(const char *name, long fd, int target, const int *lacks)
{
	int error = errno;

	told(name, fd < 0 ? -1 : (int)fd, target, fd, error);
	if (fd >= 0) {
		snapshot(name);
		return true;
	}
	while (*lacks != 0 && *lacks != error)
		lacks++;
	if (*lacks == 0)
		wrong("%s gave %s", name, strerror(error));
	skipped(name, "it gives %s", strerror(error));
	return false;
}

static long get_peer(int socket)
{
	int fd = -1;
	socklen_t size = sizeof(fd);

	return getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &size) != 0 ? -1 : fd;
}

/* A name of the kernel's choice that is no file: one for each listener. */
static int listen_somewhere(struct sockaddr_un *address, socklen_t *size)
{
	int listener = (int)must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	must(bind(listener, (struct sockaddr *)address, sizeof(sa_family_t)), "bind");
	*size = sizeof(*address);
	must(getsockname(listener, (struct sockaddr *)address, size), "getsockname");
	must(listen(listener, 1), "listen");
	return listener;
}

static void play_peerpidfd(void)
{
	struct sockaddr_un address;
	socklen_t size;
	int ends = cue_new(), listener = listen_somewhere(&address, &size);

	int peer = fork_player(0);
	if (peer == 0) {
		close_fd(listener);
		int client = (int)must(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
		must(connect(client, (struct sockaddr *)&address, size), "connect");
		cue_await(ends);
		raw_exit(0);
	}
	int connection = (int)must(accept4(listener, NULL, NULL, SOCK_CLOEXEC), "accept");
	const int lacks[] = { ENOPROTOOPT, 0 };
	if (born("peerpidfd", get_peer(connection), peer, lacks)) {
		born("peerpidfd-again", get_peer(connection), peer, lacks);
		cue_give(ends);
		reap(peer);
		/* Some kernels still give one, of a process that was reaped. */
		const int reaped[] = { ESRCH, EINVAL, ENODATA, 0 };
		born("peerpidfd-reaped", get_peer(connection), peer, reaped);
	} else {
		cue_give(ends);
		reap(peer);
	}
}

static void play_scmpidfd(void)
{
	struct pair pair = pair_open();
	int yes = 1, fds[4], ends = cue_new(), sent = cue_new();
	const int lacks[] = { ENOPROTOOPT, 0 };

	if (setsockopt(pair.ends[1], SOL_SOCKET, SO_PASSPIDFD, &yes, sizeof(yes)) != 0) {
		born("scmpidfd", -1, -1, lacks);
		return;
	}
	int sender = fork_player(0);
	if (sender == 0) {
		send_fds(pair.ends[0], NULL, 0);
		cue_give(sent);
		cue_await(ends);
		raw_exit(0);
	}
	cue_await(sent);
	if (receive_ints(pair.ends[1], KIND_SCM_PIDFD, fds, 1, 0) != 1)
		wrong("no SCM_PIDFD arrived");
	born("scmpidfd", fds[0], sender, lacks);
	cue_give(ends);
	reap(sender);
}

/* The pidfd of the first event; the file of the event is closed. */
static long read_event(int group, int *pid)
{
	union {
		char bytes[4096];
		struct fanotify_event_metadata event;
	} buffer;
	long length = must(read(group, &buffer, sizeof(buffer)), "read of fanotify");
	const struct fanotify_event_info_pidfd *info = (void *)(buffer.bytes + buffer.event.metadata_len);

	*pid = buffer.event.pid;
	if (buffer.event.fd >= 0)
		close_fd(buffer.event.fd);
	if (length < buffer.event.metadata_len + (long)sizeof(*info) ||
	    info->hdr.info_type != FAN_EVENT_INFO_TYPE_PIDFD)
		wrong("the event has no pidfd in it");
	if (info->pidfd < 0)
		errno = ESRCH;
	return info->pidfd < 0 ? -1 : info->pidfd;
}

static void watch_opener(int group, const char *path)
{
	int opened = cue_new(), ends = cue_new(), pid;
	const int lacks[] = { 0 };

	must(syscall(SYS_fanotify_mark, group, FAN_MARK_ADD, (uint64_t)FAN_OPEN, AT_FDCWD, path),
	     "fanotify_mark");
	int opener = fork_player(0);
	if (opener == 0) {
		must(open(path, O_RDONLY | O_CLOEXEC), "open");
		cue_give(opened);
		cue_await(ends);
		raw_exit(0);
	}
	cue_await(opened);
	long fd = read_event(group, &pid);
	if (pid != opener)
		wrong("the event is about process %d, not %d", pid, opener);
	born("fanotify", fd, opener, lacks);
	cue_give(ends);
	reap(opener);
}

static void play_fanotify(void)
{
	char path[] = "/tmp/stimulus-XXXXXX";
	const int lacks[] = { EINVAL, ENOSYS, EPERM, 0 };
	int group = (int)syscall(SYS_fanotify_init,
				 FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_REPORT_PIDFD, O_RDONLY);

	if (group < 0) {
		born("fanotify", -1, -1, lacks);
		return;
	}
	int file = (int)must(mkostemp(path, O_CLOEXEC), "mkostemp");
	close_fd(file);
	watch_opener(group, path);
	unlink(path);
}

static long open_handle(int fd, int flags)
{
	union {
		char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
		struct file_handle handle;
	} buffer = { .handle = { .handle_bytes = MAX_HANDLE_SZ } };
	int mount;

	if (name_to_handle_at(fd, "", &buffer.handle, &mount, AT_EMPTY_PATH) != 0)
		return -1;
	return open_by_handle_at(fd, &buffer.handle, flags);
}

static void play_handle(void)
{
	struct target target = target_start();
	const int lacks[] = { EOPNOTSUPP, ESTALE, EBADF, EPERM, 0 };
	int fd = open_pidfd(target.pid);

	if (born("handle", open_handle(fd, O_CLOEXEC), target.pid, lacks))
		born("handle-no-cloexec", open_handle(fd, 0), target.pid, lacks);
	target_end(target);
}

/* Puts a mount of the pidfd on a file; plain MS_BIND is refused, for pidfs is
 * not for users to mount. */
static long mount_pidfd(int fd, const char *place)
{
	int tree = (int)syscall(SYS_open_tree, fd, "",
				OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree < 0)
		return -1;
	long ret = syscall(SYS_move_mount, tree, "", AT_FDCWD, place, MOVE_MOUNT_F_EMPTY_PATH);
	int error = errno;
	close_fd(tree);
	errno = error;
	return ret;
}

/* In a mount namespace of its own, so that nothing of it stays. */
static void reopen_by_mount(int fd, int target)
{
	char place[] = "/tmp/stimulus-XXXXXX";
	const int lacks[] = { EINVAL, EPERM, ENXIO, 0 };
	int child = fork_player(0);

	if (child == 0) {
		if (unshare(CLONE_NEWNS) != 0) {
			born("reopen-mount", -1, target, lacks);
			raw_exit(0);
		}
		must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount");
		close_fd((int)must(mkostemp(place, O_CLOEXEC), "mkostemp"));
		if (mount_pidfd(fd, place) != 0) {
			born("reopen-mount", -1, target, lacks);
		} else {
			born("reopen-mount", open(place, O_RDONLY | O_CLOEXEC), target, lacks);
			must(umount2(place, MNT_DETACH), "umount");
		}
		unlink(place);
		raw_exit(0);
	}
	reap(child);
}

static void play_reopen(void)
{
	struct target target = target_start();
	const int lacks[] = { ENXIO, EACCES, 0 };
	char path[32];
	int fd = open_pidfd(target.pid);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (born("reopen", open(path, O_RDONLY), target.pid, lacks)) {
		/* 6.12 does not let anybody write to the inode. */
		const int readable[] = { EPERM, 0 };
		born("reopen-cloexec", open(path, O_RDONLY | O_CLOEXEC), target.pid, lacks);
		born("reopen-rdwr", open(path, O_RDWR | O_CLOEXEC), target.pid, readable);
	}
	reopen_by_mount(fd, target.pid);
	target_end(target);
	/* The file can be opened again when the process has been reaped. */
	born("reopen-reaped", open(path, O_RDONLY), target.pid, lacks);
}

struct sleeper {
	int cue, tid;
};

static void *sleep_in_thread(void *argument)
{
	struct sleeper *sleeper = argument;

	__atomic_store_n(&sleeper->tid, raw_gettid(), __ATOMIC_SEQ_CST);
	cue_await(sleeper->cue);
	return NULL;
}

/* Without TLS of its own: it shares the caller's errno, so it only waits. */
static int sleep_until_cue(void *argument)
{
	cue_await(((struct sleeper *)argument)->cue);
	return 0;
}

static void play_clone_thread(void)
{
	struct sleeper sleeper = { .cue = cue_new() };
	const int lacks[] = { EINVAL, 0 };
	char *stack = malloc(STACK_SIZE);
	int fd = -1;

	if (stack == NULL)
		wrong("no memory for a stack");
	int tid = clone(sleep_until_cue, stack + STACK_SIZE,
			CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_PIDFD,
			&sleeper, &fd);
	born("thread-clone", tid < 0 ? -1 : fd, tid, lacks);
	cue_give(sleeper.cue);
}

static void play_thread(void)
{
	struct sleeper sleeper = { .cue = cue_new() };
	const int lacks[] = { EINVAL, 0 };

	start_thread(sleep_in_thread, &sleeper);
	while (__atomic_load_n(&sleeper.tid, __ATOMIC_SEQ_CST) == 0)
		sched_yield();
	int tid = sleeper.tid;
	if (born("thread-open", raw_pidfd_open(tid, OPEN_PIDFD_THREAD), tid, lacks))
		born("thread-open-leader", raw_pidfd_open(getpid(), OPEN_PIDFD_THREAD), getpid(), lacks);
	cue_give(sleeper.cue);
	await_thread_gone(tid);
	play_clone_thread();
}

static void round_peerpidfd(int round)
{
	play(round, play_peerpidfd);
}

static void round_scmpidfd(int round)
{
	play(round, play_scmpidfd);
}

static void round_fanotify(int round)
{
	play(round, play_fanotify);
}

static void round_handle(int round)
{
	play(round, play_handle);
}

static void round_reopen(int round)
{
	play(round, play_reopen);
}

static void round_thread(int round)
{
	play(round, play_thread);
}

const struct scenario scenarios_births[] = {
	{ "birth-peerpidfd", "SO_PEERPIDFD of a process that connected", round_peerpidfd, NULL },
	{ "birth-scmpidfd", "SO_PASSPIDFD: the sender's pidfd comes with a message", round_scmpidfd, NULL },
	{ "birth-fanotify", "FAN_REPORT_PIDFD: who opened a file (root)", round_fanotify, NULL },
	{ "birth-handle", "open_by_handle_at with the handle of a pidfd (root)", round_handle, NULL },
	{ "birth-reopen", "a pidfd opened again through /proc and a mount (root)", round_reopen, NULL },
	{ "birth-thread", "pidfds of threads: PIDFD_THREAD, CLONE_THREAD", round_thread, NULL },
	{ NULL, NULL, NULL, NULL },
};
