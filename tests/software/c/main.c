/*
 * software - holds pidfds in one way, right or wrong, says so on one line, and
 * stays until its input ends: `software WAY HOW_MANY`.
 *
 * The line is JSON: the process, how many pidfds it holds, and of how many
 * processes that have ended.
 */
#define _GNU_SOURCE
#include "software.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
	const char *name;
	void (*play)(int many);
} ways[] = {
	{ "peers", keep_peers },
	{ "messages", keep_copies_of_messages },
	{ "originals", keep_originals },
	{ "empty-again", close_again_when_empty },
	{ "reused-again", close_again_when_reused },
	{ "other-thread", close_in_another_thread },
	{ "bus", serve_peers },
	{ "broker", send_to_others },
	{ "supervisor", supervise },
	{ "children", keep_children },
};

void require(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

int open_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	require(fd >= 0, "pidfd_open");
	return fd;
}

void live_as_child_of(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* The parent may have ended before. */
	if (getppid() != parent)
		_exit(1);
	require(syscall(SYS_close_range, 0, ~0U, 0) == 0, "close_range");
	for (;;)
		pause();
}

pid_t start_child(void)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	require(pid >= 0, "fork");
	if (pid == 0)
		live_as_child_of(parent);
	return pid;
}

void end_child(pid_t pid)
{
	require(kill(pid, SIGKILL) == 0, "kill");
	require(waitpid(pid, NULL, 0) == pid, "waitpid");
}

void told(int pidfds, int dead)
{
	printf("{\"pid\":%d,\"pidfds\":%d,\"dead\":%d}\n", getpid(), pidfds, dead);
	fflush(stdout);
	while (getchar() != EOF)
		;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(argv[1], ways[i].name) != 0)
			continue;
		ways[i].play(atoi(argv[2]));
		return 0;
	}
	return 2;
}
