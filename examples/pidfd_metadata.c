/*
 * Reads what /proc says of a child, and makes sure that it is that child.
 *
 *     gcc -Wall -Wextra -o pidfd_metadata pidfd_metadata.c && ./pidfd_metadata
 *
 * A pid alone is not enough for that: when the child has ended, another
 * process may get its number, and /proc/PID is about that one then. A pidfd
 * names the child for as long as it is open. So the folder is opened first,
 * and then the pidfd is asked whether the child still lives: if it does, the
 * number was its own all the time, and so the folder is, which stays the
 * folder of that process whatever comes later.
 *
 * It needs Linux 5.2 for clone() with CLONE_PIDFD, and 5.1 for
 * pidfd_send_signal().
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif

static int fail(const char *what)
{
	fprintf(stderr, "pidfd_metadata: %s: %s\n", what, strerror(errno));
	return 1;
}

/* As fork(), and the kernel writes a pidfd of the child into the integer. It
 * must be 0 before: the first kernels with the flag took nothing else. */
static pid_t fork_with_pidfd(int *pidfd)
{
	*pidfd = 0;
	return (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0UL, pidfd, 0UL, 0UL);
}

/* Signal 0 is sent to nobody: the call only tells whether it could be. */
static int is_alive(int pidfd)
{
	return syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) == 0;
}

/* The folder of the process that the pidfd names, or -1. */
static int open_proc(pid_t pid, int pidfd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0 || is_alive(pidfd))
		return folder;
	int error = errno;
	close(folder);
	errno = error;
	return -1;
}

static int print_status(int folder)
{
	static const char *const wanted[] = { "Name:", "State:", "Pid:", "PPid:" };
	char line[256];
	int file = openat(folder, "status", O_RDONLY | O_CLOEXEC);
	FILE *status = file < 0 ? NULL : fdopen(file, "r");

	if (status == NULL)
		return fail("cannot open status");
	while (fgets(line, sizeof(line), status) != NULL)
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (strncmp(line, wanted[i], strlen(wanted[i])) == 0)
				fputs(line, stdout);
	fclose(status);
	return 0;
}

int main(void)
{
	int pidfd;
	pid_t pid = fork_with_pidfd(&pidfd);

	if (pid == 0) {
		pause();
		_exit(0);
	}
	if (pid < 0)
		return fail("cannot clone with CLONE_PIDFD");
	int folder = open_proc(pid, pidfd);
	int status = folder < 0 ? fail("cannot open the folder of the child") : print_status(folder);

	if (folder >= 0)
		close(folder);
	syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
	waitpid(pid, NULL, 0);
	/* It has no process any more, so it cannot be another's by mistake. */
	printf("after the reap: %s\n", is_alive(pidfd) ? "alive" : strerror(errno));
	close(pidfd);
	return status;
}
