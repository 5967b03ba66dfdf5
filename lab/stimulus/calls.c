#define _GNU_SOURCE
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "facts.h"
#include "report.h"

static const char *errno_name(int error)
{
	return error == 0 ? "success" : strerrorname_np(error);
}

/* Writes down how the call ended and compares it with what was expected. */
static void record_result(struct record *record, long ret, int error, int expects)
{
	record->ret = (int)ret;
	record->error = ret < 0 ? error : 0;
	if (record->error == expects)
		return;
	if (record->error == ENOSYS)
		cannot_run("this kernel (or its seccomp filter) has no %s", record->call);
	else
		unexpected("%s gave %s, expected %s, in round %d", record->call,
			   errno_name(record->error), errno_name(expects), record->round);
}

/* A failed call may leave no descriptor behind. Only then the descriptors are
 * counted: it costs a thousand system calls. */
static void record_open_fds_after(struct record *record)
{
	record->open_fds_after = count_open_fds();
	if (record->error != 0 && record->open_fds_after != record->open_fds_before)
		unexpected("%s failed but changed the open fds from %d to %d", record->call,
			   record->open_fds_before, record->open_fds_after);
}

static __attribute__((noreturn)) void live_as_child(const struct gate *gate)
{
	char byte;

	if (gate != NULL) {
		raw_close(gate->ends[1]);
		(void)!read(gate->ends[0], &byte, 1);
	}
	raw_exit(0);
}

/* Removes what a call made that should have failed. */
static struct birth undo_birth(struct birth birth)
{
	if (birth.fd >= 0)
		raw_close(birth.fd);
	while (raw_waitid(birth.pid, NULL, WEXITED) < 0 && errno == EINTR)
		;
	return (struct birth){ .pid = -1, .fd = -1, .integer = birth.integer };
}

struct birth call_clone(int round, const struct clone_request *request)
{
	bool with_pidfd = (request->flags & CLONE_PIDFD) != 0;
	int own_integer = 0;
	int *integer = request->integer != NULL ? request->integer : &own_integer;

	/* Not written when it is 0 already: it may lie in a read-only page. */
	if (*integer != 0)
		*integer = 0;
	struct record *record = record_new(round, request->clone3 ? "clone3" : "clone");
	record->flags = request->flags;
	record->has_flags = true;
	if (request->expects != 0)
		record->open_fds_before = count_open_fds();

	int *target = with_pidfd ? integer : NULL;
	long ret = request->clone3 ? raw_clone3(request->flags, target)
				   : raw_clone(request->flags, target);
	if (ret == 0)
		live_as_child(request->gate);
	record_result(record, ret, errno, request->expects);

	struct birth birth = { .pid = -1, .fd = -1, .integer = *integer };
	if (with_pidfd)
		record->integer = *integer;
	if (ret > 0) {
		birth.pid = record->pid = (int)ret;
		if (with_pidfd) {
			birth.fd = record->fd = *integer;
			describe_fd(record, birth.fd);
		}
	}
	if (request->expects != 0)
		record_open_fds_after(record);
	return ret > 0 && request->expects != 0 ? undo_birth(birth) : birth;
}

int call_pidfd_open(int round, int pid, unsigned int flags, int expects)
{
	struct record *record = record_new(round, "pidfd_open");

	record->pid = pid;
	record->flags = flags;
	record->has_flags = true;
	if (expects != 0)
		record->open_fds_before = count_open_fds();
	int fd = (int)raw_pidfd_open(pid, flags);
	record_result(record, fd, errno, expects);
	record->fd = fd;
	if (fd >= 0)
		describe_fd(record, fd);
	if (expects != 0)
		record_open_fds_after(record);
	if (fd >= 0 && expects != 0) {
		raw_close(fd);
		return -1;
	}
	return fd;
}

void call_close(int round, int fd, int pid)
{
	if (fd < 0) /* its creation failed, and has its own record and verdict */
		return;
	struct record *record = record_new(round, "close");

	record->pid = pid;
	record->fd = fd;
	/* Before the call: afterwards another thread may own the number. */
	describe_fd(record, fd);
	long ret = raw_close(fd);
	record_result(record, ret, errno, 0);
}

void call_wait(int round, int pid)
{
	if (pid < 0) /* there was no birth */
		return;
	struct record *record = record_new(round, "wait");
	siginfo_t info;
	long ret;

	memset(&info, 0, sizeof(info));
	record->pid = pid;
	do
		ret = raw_waitid(pid, &info, WEXITED);
	while (ret < 0 && errno == EINTR);
	record_result(record, ret, errno, 0);
	if (ret == 0 && (info.si_code != CLD_EXITED || info.si_status != 0))
		unexpected("child %d ended with code %d, status %d", pid, info.si_code,
			   info.si_status);
}

void call_fcntl_closed(int round, int fd)
{
	struct record *record = record_new(round, "fcntl");

	record->fd = fd;
	record->fd_flags = fcntl(fd, F_GETFD);
	record_result(record, record->fd_flags, errno, EBADF);
}
