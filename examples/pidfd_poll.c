/*
 * Waits for the end of a process by poll, which takes nothing away from it.
 *
 *     gcc -Wall -Wextra -o pidfd_poll pidfd_poll.c && ./pidfd_poll [MS]
 *
 * The child lives for so many milliseconds, by default 300. Its pidfd can be
 * polled like any descriptor, and becomes readable when the whole process has
 * ended, not before, whether or not somebody has taken it away by then.
 *
 * It needs Linux 5.3, which has pidfd_open() and was the first to poll pidfds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_MS 10000

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int fail(const char *what)
{
	fprintf(stderr, "pidfd_poll: %s: %s\n", what, strerror(errno));
	return 1;
}

/* Whether it is readable after so long at the most; -1 when poll fails. */
static int is_over(int pidfd, int ms)
{
	struct pollfd asked = { .fd = pidfd, .events = POLLIN };

	if (poll(&asked, 1, ms) < 0)
		return -1;
	return (asked.revents & POLLIN) != 0;
}

int main(int count, char **words)
{
	int life_ms = count > 1 ? atoi(words[1]) : 300;
	struct timespec life = { .tv_sec = life_ms / 1000, .tv_nsec = life_ms % 1000 * 1000000L };

	if (life_ms < 0 || life_ms > LONGEST_MS / 2) {
		fprintf(stderr, "pidfd_poll: MS is a number from 0 to %d\n", LONGEST_MS / 2);
		return 2;
	}
	long begin = now_ms();
	pid_t pid = fork();
	if (pid == 0) {
		nanosleep(&life, NULL);
		_exit(0);
	}
	if (pid < 0)
		return fail("cannot fork");
	/* The child is ours and was not waited for, so the number is still its. */
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return fail("cannot open a pidfd");
	int over = is_over(pidfd, LONGEST_MS);
	long took_ms = now_ms() - begin;

	waitpid(pid, NULL, 0);
	if (over < 0)
		return fail("cannot poll");
	printf("%s after %ld ms\n", over ? "ended" : "still there", took_ms);
	printf("after the reap: %s\n", is_over(pidfd, 0) == 1 ? "ended" : "nothing");
	close(pidfd);
	return over && took_ms >= life_ms ? 0 : 1;
}
