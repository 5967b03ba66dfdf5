/* A supervisor as it should be: a pidfd for each child that lives, and it waits until one of them ends. */
#define _GNU_SOURCE
#include "software.h"
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHILDREN_MAX 64

static int start_watched(void)
{
	int pidfd = -1;
	pid_t parent = getpid();
	long pid = syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0UL, &pidfd, NULL, 0UL);

	require(pid >= 0, "clone");
	if (pid == 0)
		live_as_child_of(parent);
	return pidfd;
}

void supervise(int many)
{
	struct pollfd watched[CHILDREN_MAX];

	require(many <= CHILDREN_MAX, "number of children");
	for (int i = 0; i < many; i++)
		watched[i] = (struct pollfd){ .fd = start_watched(), .events = POLLIN };
	require(poll(watched, (nfds_t)many, 0) == 0, "poll");
	told(many, 0);
}

/* Children without pidfds, for others to open. */
void keep_children(int many)
{
	for (int i = 0; i < many; i++)
		start_child();
	told(0, 0);
}
