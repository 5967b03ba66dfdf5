/*
 * A pidfd that nobody closes: its process exits, or becomes another program.
 *
 * The child has been reaped by then, so the pidfd is the last thing that
 * keeps its struct pid.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "facts.h"
#include "report.h"
#include "scenario.h"

static struct birth create_and_reap(int round)
{
	struct clone_request request = { .flags = CLONE_PIDFD | SIGCHLD };
	struct birth birth = call_clone(round, &request);

	call_wait(round, birth.pid);
	return birth;
}

/* The record comes before the call, which does not return. */
static struct record *record_leaving(int round, const char *call, struct birth birth)
{
	struct record *record = record_new(round, call);

	record->ret = 0;
	record->pid = birth.pid;
	record->fd = birth.fd;
	describe_fd(record, birth.fd);
	return record;
}

static void leave_by_exit(void *argument)
{
	int round = *(int *)argument;
	struct birth birth = create_and_reap(round);

	if (birth.fd >= 0)
		record_leaving(round, "exit", birth);
	raw_exit(0);
}

static void round_exit_open(int round)
{
	run_in_child(leave_by_exit, &round);
}

static void leave_by_exec(void *argument)
{
	int round = *(int *)argument;
	struct birth birth = create_and_reap(round);
	char fd_text[16];

	if (birth.fd < 0)
		raw_exit(1);
	snprintf(fd_text, sizeof(fd_text), "%d", birth.fd);
	struct record *record = record_leaving(round, "execve", birth);
	char *arguments[] = { "stimulus", "--after-exec", fd_text, NULL };
	char *environment[] = { NULL };
	record->ret = (int)syscall(SYS_execve, SELF, arguments, environment);
	record->error = errno;
	cannot_run("cannot execve %s: %s", SELF, strerror(errno));
	raw_exit(1);
}

static void round_exec_open(int round)
{
	if (run_in_child(leave_by_exec, &round) == 1)
		unexpected("the pidfd is open after execve in round %d", round);
}

int after_exec(const char *fd_text)
{
	return fcntl(atoi(fd_text), F_GETFD) == -1 && errno == EBADF ? 0 : 1;
}

const struct scenario scenarios_leave[] = {
	{ "exit-open", "a process exits without closing its pidfd", round_exit_open, NULL },
	{ "exec-open", "execve closes a pidfd, which is close-on-exec", round_exec_open, NULL },
	{ NULL, NULL, NULL, NULL },
};
