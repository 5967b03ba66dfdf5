#include "facts.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FD_SCAN_MAX 1024

/* The file belongs to the caller's own /proc directory: it pins the caller's
 * struct pid, never that of the process the pidfd is about. */
static int read_fdinfo_pid(int fd)
{
	char path[64], text[1024];
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	int info = open(path, O_RDONLY | O_CLOEXEC);
	if (info < 0)
		return NOTHING;
	ssize_t length = read(info, text, sizeof(text) - 1);
	close(info);
	if (length <= 0)
		return NOTHING;
	text[length] = '\0';

	/* The line break keeps "NSpid:" from being taken for "Pid:". */
	const char *line = strstr(text, "\nPid:\t");
	return line == NULL ? NOTHING : atoi(line + strlen("\nPid:\t"));
}

void describe_fd(struct record *record, int fd)
{
	struct stat status;

	record->fd_flags = fcntl(fd, F_GETFD);
	record->fl_flags = fcntl(fd, F_GETFL);
	record->fdinfo_pid = read_fdinfo_pid(fd);
	if (fstat(fd, &status) == 0)
		record->ino = status.st_ino;
}

int count_open_fds(void)
{
	int count = 0;

	for (int fd = 0; fd < FD_SCAN_MAX; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

int lowest_free_fd(void)
{
	int fd = 0;

	while (fd < FD_SCAN_MAX && fcntl(fd, F_GETFD) != -1)
		fd++;
	return fd;
}
