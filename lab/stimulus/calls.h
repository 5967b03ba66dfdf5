/*
 * The calls of interest. Each makes exactly one system call of its name,
 * leaves one record, and gives a verdict when the call did not do what the
 * scenario expected of it.
 */
#ifndef STIMULUS_CALLS_H
#define STIMULUS_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "syscalls.h"

/* Holds a child alive: it reads from a pipe nobody writes to, and exits when
 * the other end closes - also when its parent dies. */
struct gate {
	int ends[2];
};

bool gate_open(struct gate *gate);
void gate_release(struct gate *gate);

struct clone_request {
	bool clone3;
	uint64_t flags;    /* with the exit signal, for clone3 as well */
	int *integer;      /* where the kernel writes the pidfd; null for an integer of call_clone's own */
	struct gate *gate; /* null for a child that exits at once */
	int expects;       /* the errno that is wanted, 0 for success */
};

struct birth {
	int pid; /* -1 when there is no child */
	int fd;  /* -1 when there is no pidfd */
	int integer;
};

struct birth call_clone(int round, const struct clone_request *request);

/* Both return the pidfd or -1. */
int call_pidfd_open(int round, int pid, unsigned int flags, int expects);
void call_close(int round, int fd, int pid);

/* Reaps a child that exited with 0. */
void call_wait(int round, int pid);

/* Asks for the descriptor flags of a number that must not be open. */
void call_fcntl_closed(int round, int fd);

/* Runs body in a forked process and returns its exit status, or -1. */
int run_in_child(void (*body)(void *argument), void *argument);

#endif
