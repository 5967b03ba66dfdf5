#define _GNU_SOURCE
#include "core_pattern.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "/proc/sys/kernel/core_pattern"

bool core_pattern_read(char *pattern)
{
	int file = open(FILE_NAME, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	ssize_t length = read(file, pattern, CORE_PATTERN_SIZE - 1);
	close(file);
	pattern[length > 0 ? length : 0] = '\0';
	pattern[strcspn(pattern, "\n")] = '\0';
	return length >= 0;
}

bool core_pattern_write(const char *pattern)
{
	int file = open(FILE_NAME, O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return false;
	/* The line break is what empties it when there was no pattern. */
	char line[CORE_PATTERN_SIZE + 1];
	size_t length = strlen(pattern);
	memcpy(line, pattern, length);
	line[length] = '\n';
	bool ok = write(file, line, length + 1) == (ssize_t)length + 1;
	close(file);
	return ok;
}
