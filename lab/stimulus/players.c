#define _GNU_SOURCE
#include "players.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define GONE_TRIES_MAX 10000 /* a millisecond apart */

int fork_player(uint64_t flags)
{
	return (int)must(raw_clone(flags | SIGCHLD, NULL), "clone");
}

void reap(int pid)
{
	siginfo_t info;
	long ret;

	memset(&info, 0, sizeof(info));
	do
		ret = raw_waitid(pid, &info, WEXITED);
	while (ret < 0 && errno == EINTR);
	must(ret, "waitid");
	if (info.si_code != CLD_EXITED || info.si_status != 0)
		wrong("child %d ended with code %d, status %d", pid, info.si_code, info.si_status);
}

static void nap(void)
{
	struct timespec rest = { .tv_nsec = 1000000 };

	nanosleep(&rest, NULL);
}

void await_gone(int pid)
{
	for (int i = 0; i < GONE_TRIES_MAX && kill(pid, 0) == 0; i++)
		nap();
	if (kill(pid, 0) == 0)
		wrong("process %d does not end", pid);
}

/* Looking at a path takes no descriptor. */
static void await_no_path(const char *format, int tid)
{
	char path[64];

	snprintf(path, sizeof(path), format, tid);
	for (int i = 0; i < GONE_TRIES_MAX && access(path, F_OK) == 0; i++)
		nap();
	if (access(path, F_OK) == 0)
		wrong("%s does not go away", path);
}

void await_thread_gone(int tid)
{
	await_no_path("/proc/self/task/%d", tid);
}

void await_table_gone(int tid)
{
	await_no_path("/proc/self/task/%d/fd/1", tid);
}

struct target target_start(void)
{
	struct target target = { .cue = cue_new() };

	target.pid = fork_player(0);
	if (target.pid == 0) {
		cue_await(target.cue);
		raw_exit(0);
	}
	return target;
}

void target_end(struct target target)
{
	cue_give(target.cue);
	reap(target.pid);
}

int open_pidfd(int pid)
{
	return (int)must(raw_pidfd_open(pid, 0), "pidfd_open");
}

void close_fd(int fd)
{
	must(raw_close(fd), "close");
}

void put_fd(int fd, int number, int flags)
{
	must(syscall(SYS_dup3, fd, number, flags), "dup3");
}

void start_thread(void *(*function)(void *), void *argument)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, function, argument);

	if (error != 0)
		wrong("pthread_create gave %s", strerror(error));
	pthread_detach(thread);
}
