/* The processes of a round and their descriptors. Every call here must work:
 * when it does not, it gives the verdict and ends the caller. */
#ifndef STIMULUS_PLAYERS_H
#define STIMULUS_PLAYERS_H

#include <stdint.h>

#include "stage.h"
#include "syscalls.h"

/* Forks by clone with these flags, such as CLONE_FILES; 0 in the child, which
 * ends with raw_exit(0). */
int fork_player(uint64_t flags);

/* Waits for a child that must exit with 0. */
void reap(int pid);

/* Waits until a process, not necessarily a child, has been reaped. */
void await_gone(int pid);

/* Somebody whom pidfds are about: a child that waits. Its table is a copy of
 * the caller's, so targets are made before the pidfds are. */
struct target {
	int pid, cue;
};

struct target target_start(void);
void target_end(struct target target);

int open_pidfd(int pid);
void close_fd(int fd);

/* Puts a copy on exactly that number, with these flags: 0 or O_CLOEXEC. */
void put_fd(int fd, int number, int flags);

/* A thread of the caller's process that runs the function and ends. */
void start_thread(void *(*function)(void *), void *argument);

/* Wait until a thread of the caller's process has gone, or has no table any
 * more, as a leading thread that lives on as a zombie. */
void await_thread_gone(int tid);
void await_table_gone(int tid);

#endif
