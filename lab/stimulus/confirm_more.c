/* What pidfd_open says, and what can be done with the pidfd of a process that
 * is alive, a zombie, reaped. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/vfs.h>

#include "confirm.h"
#include "confirm_calls.h"

/* Younger than the headers of Debian 12. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#define OPEN_PIDFD_THREAD O_EXCL
#define SIGNAL_THREAD 1
#define OWN_THREAD (-10000)
#define OWN_PROCESS (-10001)
#define ROOT_OF_PIDFS (-10002)
#define GET_UTS_NAMESPACE _IO(0xFF, 10)
struct info_of_pidfd {
	uint64_t mask, cgroup;
	uint32_t pid, tgid, parent, ids[8];
	int32_t exit_code;
};
#define GET_INFO _IOWR(0xFF, 11, struct info_of_pidfd)
#define INFO_EXIT (1 << 3)
_Static_assert(sizeof(struct info_of_pidfd) == 64, "PIDFD_INFO_SIZE_VER0");

#define NO_FD 1000000 /* more than a table may have by default */
#define STATUS 7

enum { END = 1, THREAD_ENDS, ENDS_0 = 3 };

static void open_once(const char *name, int pid, unsigned int flags)
{
	struct made made = tell_pidfd_open(name, pid, flags);

	if (made.fd >= 0)
		BARE(SYS_close, made.fd);
}

static void thread_body(void)
{
	await(THREAD_ENDS);
	thread_exit();
}

/* Until it is a zombie, without a fact of its own. */
static void await_zombie(int pid)
{
	while (BARE(SYS_waitid, P_PID, pid, 0, WEXITED | WNOWAIT | __WALL) == -EINTR)
		;
}

void confirm_open(int round)
{
	int pid = quiet_child(END);
	long tid = thread_start(thread_body);

	(void)round;
	open_once("alive", pid, 0);
	open_once("flags-1", pid, 1);
	open_once("pid-0", 0, 0);
	open_once("pid--1", -1, 0);
	if (tid > 0) {
		open_once("no-leader", (int)tid, 0);
		open_once("no-leader-thread", (int)tid, OPEN_PIDFD_THREAD);
	}
	give(THREAD_ENDS, 1);
	if (tid > 0)
		await_no_thread((int)tid);
	give(END, 1);
	await_zombie(pid);
	open_once("zombie", pid, 0);
	take_away(pid);
	open_once("reaped", pid, 0);
}

static struct fact *use(const char *name, const char *call, int fd, int pid)
{
	struct fact *fact = fact_new(name, call);

	fact->fd = fd;
	fact->target_pid = pid;
	fact_from(fact);
	return fact;
}

static void signal_it(const char *name, int fd, int pid, unsigned int flags)
{
	struct fact *fact = use(name, "pidfd_send_signal", fd, pid);

	fact->flags = flags;
	fact->has_flags = true;
	fact_to(fact, BARE(SYS_pidfd_send_signal, fd, 0, 0, flags));
}

static void get_fd(const char *name, int fd, int pid, int number, unsigned int flags)
{
	struct fact *fact = use(name, "pidfd_getfd", fd, pid);
	long ret = fact_to(fact, BARE(SYS_pidfd_getfd, fd, number, flags));

	if (ret >= 0)
		BARE(SYS_close, ret);
}

/* The numbers are the mask, the pid and the exit code. */
static void get_info(const char *name, int fd, int pid)
{
	struct info_of_pidfd info = { .mask = INFO_EXIT };
	struct fact *fact = use(name, "ioctl", fd, pid);

	if (fact_to(fact, BARE(SYS_ioctl, fd, (long)GET_INFO, as_word(&info))) < 0)
		return;
	fact_number(fact, (int)info.mask);
	fact_number(fact, (int)info.pid);
	fact_number(fact, info.exit_code);
}

static void get_namespace(int fd, int pid)
{
	struct fact *fact = use("uts-namespace", "ioctl", fd, pid);
	long ret = fact_to(fact, BARE(SYS_ioctl, fd, GET_UTS_NAMESPACE, 0));

	if (ret < 0)
		return;
	fact_describe(fact, (int)ret);
	BARE(SYS_close, ret);
}

static void get_kind(int fd, int pid)
{
	struct statfs told;
	struct fact *fact = use("file-system", "fstatfs", fd, pid);

	if (fact_to(fact, BARE(SYS_fstatfs, fd, as_word(&told))) == 0)
		fact_number(fact, (int)told.f_type);
}

union handle {
	char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	struct file_handle handle;
};

static bool get_handle(int fd, int pid, union handle *buffer)
{
	int mount;
	struct fact *fact = use("handle", "name_to_handle_at", fd, pid);

	*buffer = (union handle){ .handle = { .handle_bytes = MAX_HANDLE_SZ } };
	return fact_to(fact, BARE(SYS_name_to_handle_at, fd, as_word(""), as_word(&buffer->handle),
				  as_word(&mount), AT_EMPTY_PATH)) == 0;
}

/* Through a pidfd of another process, as one that has kept the handle only. */
static void open_handle(const char *name, int through, int pid, union handle *buffer)
{
	struct fact *fact = use(name, "open_by_handle_at", through, pid);
	long ret = fact_to(fact, BARE(SYS_open_by_handle_at, through, as_word(&buffer->handle),
				      O_CLOEXEC));

	if (ret >= 0)
		BARE(SYS_close, ret);
}

/* A waiter that may not wait. */
static void wait_nonblocking(int pid)
{
	struct made made = tell_pidfd_open("nonblock", pid, O_NONBLOCK);

	if (made.fd < 0)
		return;
	tell_wait("wait-nonblock", pid, made.fd, WEXITED);
	BARE(SYS_close, made.fd);
}

/* Its number means nothing in a pid namespace of another process. */
static void look_from_inside(int fd, int pid)
{
	struct fact *fact = use("inside", "clone", fd, pid);
	long ret = BARE(SYS_clone, CLONE_NEWPID | SIGCHLD, 0);

	if (ret == 0) {
		get_info("info-foreign", fd, NOTHING);
		raw_exit(0);
	}
	if (fact_to(fact, ret) > 0)
		take_away((int)ret);
}

static void while_alive(int fd, int pid)
{
	signal_it("signal-alive", fd, pid, 0);
	signal_it("signal-flags-1", fd, pid, SIGNAL_THREAD);
	signal_it("signal-own-thread", OWN_THREAD, NOTHING, 0);
	signal_it("signal-own-process", OWN_PROCESS, NOTHING, 0);
	get_fd("getfd-none", fd, pid, NO_FD, 0);
	get_fd("getfd-flags", fd, pid, 0, 1);
	get_info("info-alive", fd, pid);
	get_namespace(fd, pid);
	get_kind(fd, pid);
	wait_nonblocking(pid);
	look_from_inside(fd, pid);
}

void confirm_uses(int round)
{
	int integer = 0;
	struct attempt request = {
		.fact = "birth", .flags = CLONE_PIDFD | SIGCHLD, .integer = &integer,
		.cue = END, .status = STATUS,
	};
	union handle handle;
	char path[64];

	(void)round;
	struct made made = attempt(&request);
	int fd = made.fd, pid = made.pid;
	long self = BARE(SYS_pidfd_open, BARE(SYS_getpid), 0);
	bool has_handle = fd >= 0 && get_handle(fd, pid, &handle);
	if (fd >= 0) {
		while_alive(fd, pid);
		if (has_handle)
			open_handle("handle-of-the-root", ROOT_OF_PIDFS, pid, &handle);
	}
	give(END, 1);
	if (fd >= 0) {
		await_zombie(pid);
		signal_it("signal-zombie", fd, pid, 0);
		get_fd("getfd-zombie", fd, pid, 0, 0);
		get_info("info-zombie", fd, pid);
	}
	if (pid > 0)
		take_away(pid);
	if (fd >= 0) {
		signal_it("signal-reaped", fd, pid, 0);
		get_fd("getfd-reaped", fd, pid, 0, 0);
		get_info("info-reaped", fd, pid);
		tell_wait("wait-reaped", pid, fd, WEXITED);
		if (has_handle && self >= 0)
			open_handle("handle-reaped", (int)self, pid, &handle);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		tell_open("reopen-reaped", path);
		BARE(SYS_close, fd);
	}
	if (self >= 0)
		BARE(SYS_close, self);
}

/* A child with the same table makes a pair of sockets, whose peer it is. */
static void make_pair(void)
{
	int ends[2];

	if (BARE(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, as_word(ends)) == 0) {
		give(ENDS_0 + 1, ends[1] + 1);
		give(ENDS_0, ends[0] + 1);
	}
	await(END);
}

static void get_peer(const char *name, int socket, int pid)
{
	int fd = -1, size = sizeof(fd);
	struct fact *fact = fact_new(name, "getsockopt");

	fact->target_pid = pid;
	fact_from(fact);
	long ret = BARE(SYS_getsockopt, socket, SOL_SOCKET, SO_PEERPIDFD, as_word(&fd),
			as_word(&size));
	if (fact_to(fact, ret < 0 ? ret : fd) < 0)
		return;
	fact_describe(fact, fd);
	BARE(SYS_close, fd);
}

void confirm_peer(int round)
{
	long pid = BARE(SYS_clone, CLONE_FILES | SIGCHLD, 0);

	(void)round;
	if (pid == 0) {
		make_pair();
		raw_exit(0);
	}
	if (pid < 0)
		return;
	if (await(ENDS_0))
		get_peer("peer-alive", cue_value(ENDS_0) - 1, (int)pid);
	give(END, 1);
	take_away((int)pid);
	if (cue_value(ENDS_0) == 0)
		return;
	get_peer("peer-reaped", cue_value(ENDS_0) - 1, (int)pid);
	BARE(SYS_close, cue_value(ENDS_0) - 1);
	BARE(SYS_close, cue_value(ENDS_0 + 1) - 1);
}
