/*
 * pidfd_load - a constant load of short-lived pidfds, or one slow leak, until
 * the end of its input: `pidfd_load load MS` or `pidfd_load leak MS`, where MS
 * is the time from one round to the next.
 *
 * A round of the load opens, polls, duplicates and closes pidfds of children
 * that end at once, which inherit those that it keeps and uses. A round of the
 * leak opens the pidfd of a child that ends, and forgets it.
 *
 * The first line has its process; then the leak says each time how many it has
 * left, and the load now and then how many rounds there were, with
 * CLOCK_BOOTTIME in ns.
 */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* Pidfds that the load keeps, and its children inherit. */
#define KEPT 8
/* Fds that either may have: more than it needs in an hour of one a second. */
#define FDS 4096
/* Rounds of the load from one line to the next. */
#define TOLD_EVERY 100

static void require(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static int open_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	require(fd >= 0, "pidfd_open");
	return fd;
}

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Fills *pidfd by clone, unless it is NULL. */
static pid_t start_child(int *pidfd)
{
	unsigned long flags = SIGCHLD | (pidfd == NULL ? 0 : CLONE_PIDFD);
	pid_t pid = (pid_t)syscall(SYS_clone, flags, 0UL, pidfd, 0UL, 0UL);

	require(pid >= 0, "clone");
	return pid;
}

static void wait_ready(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	require(poll(&ready, 1, -1) == 1, "poll");
}

/* A process that lives as long as this one, and its pidfds. */
static void keep(int kept[KEPT])
{
	pid_t parent = getpid();
	pid_t pid = start_child(NULL);

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		for (;;)
			pause();
	}
	for (int i = 0; i < KEPT; i++)
		kept[i] = open_pidfd(pid);
}

static void load_once(const int kept[KEPT], long round)
{
	struct pollfd used = { .fd = kept[round % KEPT], .events = POLLIN };
	siginfo_t ended;
	int fd;

	require(poll(&used, 1, 0) == 0, "poll");

	pid_t pid = start_child(NULL);
	if (pid == 0)
		_exit(0);
	fd = open_pidfd(pid);
	int copy = dup(fd);
	require(copy >= 0, "dup");
	wait_ready(copy);
	require(waitpid(pid, NULL, 0) == pid, "waitpid");
	close(fd);
	close(copy);

	if (start_child(&fd) == 0)
		_exit(0);
	wait_ready(fd);
	require(waitid(P_PIDFD, (id_t)fd, &ended, WEXITED) == 0, "waitid");
	close(fd);
}

static void leak_once(void)
{
	pid_t pid = start_child(NULL);

	if (pid == 0)
		_exit(0);
	open_pidfd(pid);
	require(waitpid(pid, NULL, 0) == pid, "waitpid");
}

static void say(const char *what, long count)
{
	printf("{\"%s\":%ld,\"ns\":\"%lld\"}\n", what, count, now_ns());
	fflush(stdout);
}

/* Waits for the next round; 0 at the end of the input. */
static int next_round(struct timespec *when, long ms)
{
	struct pollfd input = { .fd = 0, .events = POLLIN };

	when->tv_nsec += ms % 1000 * 1000000;
	when->tv_sec += ms / 1000 + when->tv_nsec / 1000000000;
	when->tv_nsec %= 1000000000;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, when, NULL) != 0)
		;
	return poll(&input, 1, 0) == 0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	int leaks = strcmp(argv[1], "leak") == 0;
	long ms = atol(argv[2]);
	struct timespec when;
	struct rlimit limit;
	int kept[KEPT];

	require(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	limit.rlim_cur = limit.rlim_max < FDS ? limit.rlim_max : FDS;
	require(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
	prctl(PR_SET_NAME, leaks ? "slow_leak" : "pidfd_load");
	if (!leaks)
		keep(kept);
	say("pid", getpid());
	clock_gettime(CLOCK_MONOTONIC, &when);
	for (long round = 1; next_round(&when, ms); round++) {
		if (leaks)
			leak_once();
		else
			load_once(kept, round);
		if (leaks || round % TOLD_EVERY == 0)
			say(leaks ? "left" : "rounds", round);
	}
	return 0;
}
