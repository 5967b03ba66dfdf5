/*
 * The loops that the benchmarks time. Usage: loop KIND ROUNDS ITERATIONS [RATE]
 *
 *   clone  clone(CLONE_PIDFD|SIGCHLD), close, wait
 *   fork   fork, exec of this program's own "true", wait: no pidfd involved
 *   open   open("/dev/null"), close: no pidfd involved
 *   pidfd  pidfd_open of one child that stays, close; RATE of them a second when it is given
 *
 * After each round it prints one line: the nanoseconds of CLOCK_MONOTONIC
 * that one iteration took. "loop true" does nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *self;
static int child = -1;

static int64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void fail(const char *what)
{
	fprintf(stderr, "loop: %s: %s\n", what, strerror(errno));
	if (child > 0)
		kill(child, SIGKILL);
	exit(1);
}

static void reap(int pid)
{
	int status;

	while (waitpid(pid, &status, 0) != pid)
		if (errno != EINTR)
			fail("waitpid");
	if (status != 0) {
		errno = ECHILD;
		fail("the child ended badly");
	}
}

static void do_clone(void)
{
	/* Some kernels refuse any other value than 0 here. */
	int pidfd = 0;
	long pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0UL, &pidfd, 0UL, 0UL);

	if (pid == 0)
		for (;;)
			syscall(SYS_exit_group, 0);
	if (pid < 0)
		fail("clone");
	if (syscall(SYS_close, pidfd) != 0)
		fail("close");
	reap((int)pid);
}

static void do_fork(void)
{
	int pid = fork();

	if (pid == 0) {
		execl(self, self, "true", (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		fail("fork");
	reap(pid);
}

static void do_open(void)
{
	long fd = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);

	if (fd < 0 || syscall(SYS_close, (int)fd) != 0)
		fail("open and close");
}

static void do_pidfd(void)
{
	long fd = syscall(SYS_pidfd_open, child, 0);

	if (fd < 0 || syscall(SYS_close, (int)fd) != 0)
		fail("pidfd_open and close");
}

/* A child that stays until we end it, or end. */
static void start_child(void)
{
	int ends[2];

	if (pipe(ends) != 0)
		fail("pipe");
	child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0) {
		char byte;

		close(ends[1]);
		while (read(ends[0], &byte, 1) > 0)
			;
		_exit(0);
	}
	close(ends[0]);
}

/* What is late is made up for, so that the pace holds on the whole. */
static void wait_until(int64_t moment_ns)
{
	int64_t early = moment_ns - now_ns();
	struct timespec time = { .tv_sec = early / 1000000000, .tv_nsec = early % 1000000000 };

	if (early > 0)
		nanosleep(&time, NULL);
}

static void round_of(void (*body)(void), long iterations, long rate)
{
	int64_t begin = now_ns();
	int64_t end;

	for (long i = 0; i < iterations; i++) {
		if (rate > 0)
			wait_until(begin + i * 1000000000 / rate);
		body();
	}
	end = now_ns();
	printf("%.3f\n", (double)(end - begin) / (double)iterations);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	void (*body)(void) = NULL;
	long rounds = argc > 2 ? atol(argv[2]) : 0;
	long iterations = argc > 3 ? atol(argv[3]) : 0;
	long rate = argc > 4 ? atol(argv[4]) : 0;

	self = argv[0];
	if (argc == 2 && strcmp(argv[1], "true") == 0)
		return 0;
	if (argc > 1 && strcmp(argv[1], "clone") == 0)
		body = do_clone;
	if (argc > 1 && strcmp(argv[1], "fork") == 0)
		body = do_fork;
	if (argc > 1 && strcmp(argv[1], "open") == 0)
		body = do_open;
	if (argc > 1 && strcmp(argv[1], "pidfd") == 0)
		body = do_pidfd;
	if (body == NULL || rounds < 1 || iterations < 1 || rate < 0) {
		fprintf(stderr, "Usage: loop clone|fork|open|pidfd ROUNDS ITERATIONS [RATE]\n");
		return 2;
	}
	if (body == do_pidfd)
		start_child();
	for (long i = 0; i < rounds; i++)
		round_of(body, iterations, rate);
	if (child > 0)
		kill(child, SIGKILL);
	return 0;
}
