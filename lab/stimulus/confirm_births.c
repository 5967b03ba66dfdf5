/* The flags that a pidfd has right after its birth, whoever made it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fanotify.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "confirm.h"
#include "confirm_calls.h"

/* Since Linux 6.5; the headers of Debian 12 are older. */
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#define SO_PEERPIDFD 77
#endif
#define KIND_SCM_PIDFD 4
#define OPEN_PIDFD_THREAD O_EXCL

/* The fact of a birth that is over: ret is the pidfd or a negative errno. */
static void born(struct fact *fact, long ret, int target_pid)
{
	fact_to(fact, ret);
	fact->target_pid = target_pid;
	if (ret < 0)
		return;
	fact_describe(fact, (int)ret);
	BARE(SYS_close, ret);
}

static struct fact *birth(const char *name, const char *call, uint64_t flags)
{
	struct fact *fact = fact_new(name, call);

	fact->flags = flags;
	fact->has_flags = true;
	fact_from(fact);
	return fact;
}

static long or_errno(long ret)
{
	return ret < 0 ? -errno : ret;
}

static void by_peerpidfd(int socket)
{
	int fd = -1;
	socklen_t size = sizeof(fd);
	struct fact *fact = birth("so_peerpidfd", "getsockopt", 0);
	long ret = or_errno(getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &fd, &size));

	born(fact, ret < 0 ? ret : fd, (int)getpid());
}

static long receive_pidfd(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int)) * 2];
	struct iovec part = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd;

	if (recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
		return -errno;
	struct cmsghdr *part_of = CMSG_FIRSTHDR(&message);
	if (part_of == NULL || part_of->cmsg_type != KIND_SCM_PIDFD)
		return -ENODATA;
	memcpy(&fd, CMSG_DATA(part_of), sizeof(fd));
	return fd;
}

static void by_sockets(void)
{
	int ends[2], yes = 1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return;
	by_peerpidfd(ends[0]);
	struct fact *fact = birth("scm_pidfd", "recvmsg", 0);
	long ret = or_errno(setsockopt(ends[1], SOL_SOCKET, SO_PASSPIDFD, &yes, sizeof(yes)));
	if (ret == 0)
		ret = or_errno(write(ends[0], "x", 1));
	if (ret == 1)
		ret = receive_pidfd(ends[1]);
	born(fact, ret, (int)getpid());
	close(ends[0]);
	close(ends[1]);
}

static long next_event_pidfd(int group)
{
	union {
		char bytes[4096];
		struct fanotify_event_metadata event;
	} buffer;
	long length = read(group, &buffer, sizeof(buffer));
	const struct fanotify_event_info_pidfd *info =
		(void *)(buffer.bytes + buffer.event.metadata_len);

	if (length < 0)
		return -errno;
	if (buffer.event.fd >= 0)
		close(buffer.event.fd);
	if (length < buffer.event.metadata_len + (long)sizeof(*info))
		return -ENODATA;
	return info->pidfd < 0 ? -ESRCH : info->pidfd;
}

/* Watches the file of this program, which nobody else opens, and opens it. */
static void by_fanotify(void)
{
	static const char path[] = "/proc/self/exe";
	struct fact *fact = birth("fanotify", "read", 0);
	const int flags = FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_PIDFD;
	long group = or_errno(syscall(SYS_fanotify_init, flags, O_RDONLY | O_CLOEXEC));
	if (group < 0) {
		born(fact, group, (int)getpid());
		return;
	}
	long ret = or_errno(syscall(SYS_fanotify_mark, group, FAN_MARK_ADD, (uint64_t)FAN_OPEN,
				    AT_FDCWD, path));
	if (ret == 0) {
		close(open(path, O_RDONLY | O_CLOEXEC));
		ret = next_event_pidfd((int)group);
	}
	born(fact, ret, (int)getpid());
	close((int)group);
}

static void by_handle(int fd, int pid, int flags)
{
	union {
		char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
		struct file_handle handle;
	} buffer = { .handle = { .handle_bytes = MAX_HANDLE_SZ } };
	int mount;
	struct fact *fact = birth(flags == 0 ? "handle" : "handle-cloexec", "open_by_handle_at",
				  (uint64_t)flags);
	long ret = or_errno(name_to_handle_at(fd, "", &buffer.handle, &mount, AT_EMPTY_PATH));

	if (ret == 0)
		ret = or_errno(open_by_handle_at(fd, &buffer.handle, flags));
	born(fact, ret, pid);
}

static void by_reopen(const char *name, int fd, int pid, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct fact *fact = birth(name, "open", (uint64_t)flags);
	born(fact, or_errno(open(path, flags)), pid);
}

static void by_getfd(int fd, int pid)
{
	struct fact *fact = birth("getfd", "pidfd_getfd", 0);
	int self = (int)BARE(SYS_pidfd_open, BARE(SYS_getpid), 0);

	born(fact, self < 0 ? self : BARE(SYS_pidfd_getfd, self, fd, 0), pid);
	if (self >= 0)
		BARE(SYS_close, self);
}

static void others(int fd, int pid)
{
	by_reopen("reopen", fd, pid, O_RDONLY);
	by_reopen("reopen-cloexec", fd, pid, O_RDONLY | O_CLOEXEC);
	by_reopen("reopen-rdwr", fd, pid, O_RDWR | O_CLOEXEC);
	by_handle(fd, pid, 0);
	by_handle(fd, pid, O_CLOEXEC);
	by_getfd(fd, pid);
}

static void open_once(const char *name, int pid, unsigned int flags)
{
	struct made made = tell_pidfd_open(name, pid, flags);

	if (made.fd >= 0)
		BARE(SYS_close, made.fd);
}

void confirm_flags(int round)
{
	int integer = 0, end = 1;
	struct attempt request = {
		.fact = "clone", .flags = CLONE_PIDFD | SIGCHLD, .integer = &integer, .cue = end,
	};

	(void)round;
	struct made made = attempt(&request);
	if (made.pid > 0) {
		open_once("pidfd_open", made.pid, 0);
		open_once("pidfd_open-nonblock", made.pid, O_NONBLOCK);
		open_once("pidfd_open-thread", made.pid, OPEN_PIDFD_THREAD);
	}
	if (made.fd >= 0) {
		others(made.fd, made.pid);
		BARE(SYS_close, made.fd);
	}
	give(end, 1);
	if (made.pid > 0)
		take_away(made.pid);
	integer = 0;
	request.fact = "clone3";
	request.clone3 = true;
	request.cue = 0;
	attempt_once(&request);
	by_sockets();
	by_fanotify();
}
