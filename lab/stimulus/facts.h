/* What a process can learn about its own file descriptors. */
#ifndef STIMULUS_FACTS_H
#define STIMULUS_FACTS_H

#include "report.h"

/* Fills fd_flags, fl_flags, fdinfo_pid and ino as they are now. */
void describe_fd(struct record *record, int fd);

/* Both look at the numbers below 1024 and need no free descriptor, so they
 * work while RLIMIT_NOFILE is exhausted. */
int count_open_fds(void);
int lowest_free_fd(void);

#endif
