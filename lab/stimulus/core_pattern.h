/* /proc/sys/kernel/core_pattern: what the kernel does with a core dump. */
#ifndef STIMULUS_CORE_PATTERN_H
#define STIMULUS_CORE_PATTERN_H

#include <stdbool.h>

#define CORE_PATTERN_SIZE 128 /* CORENAME_MAX_SIZE */

/* Both false with errno. */
bool core_pattern_read(char *pattern);
bool core_pattern_write(const char *pattern);

#endif
