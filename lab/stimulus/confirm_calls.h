/* The calls that provocations make. Each leaves one fact, whatever it gives. */
#ifndef STIMULUS_CONFIRM_CALLS_H
#define STIMULUS_CONFIRM_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bare.h"
#include "confirm_facts.h"
#include "syscalls.h"

/* How long anybody waits for somebody else before he goes on without. */
#define PATIENCE_MS 10000

struct attempt {
	const char *fact;
	bool clone3;
	uint64_t flags;       /* with the exit signal, for clone3 as well */
	int *integer;         /* where the pidfd is to be written */
	bool hidden;          /* nobody may read or write the integer but the kernel */
	int *parent_tid;      /* clone3 only: its own pointer for CLONE_PARENT_SETTID */
	int set_tid;          /* clone3 only; how many times, in set_tids */
	size_t set_tids;
	int cgroup;           /* clone3 only: for CLONE_INTO_CGROUP */
	int cue;              /* a child that lives until this cue is given; 0: it exits at once */
	int status;           /* what it exits with */
	void (*child)(void);  /* what it does before that, or null */
	void (*after)(void);  /* what the caller does right after the call, or null */
};

struct made {
	int pid;  /* -1 when there is no child */
	int fd;   /* -1 when there is no pidfd */
	struct fact *fact;
};

/* Makes the call and describes what it made. */
struct made attempt(const struct attempt *attempt);

/* The same, and removes what was made: closes the pidfd and takes the child
 * away, without facts of their own. Threads are made by this one only: they
 * end when they have been described. */
struct fact *attempt_once(const struct attempt *attempt);

/* fork() by a bare clone without pidfd; the child does not outlive its parent. */
long fork_child(void);

/* A child without pidfd that lives until the cue, and no fact about it. */
int quiet_child(int cue);

struct made tell_pidfd_open(const char *fact, int pid, unsigned int flags);
long tell_close(const char *fact, int fd, int target_pid);

/* waitid() with P_PID, or P_PIDFD when fd is not -1. */
long tell_wait(const char *fact, int pid, int fd, int options);
long tell_poll(const char *fact, int fd, int target_pid, int timeout_ms);
long tell_fcntl(const char *fact, int fd);
long tell_open(const char *fact, const char *path);

/* Takes a child away, whatever its end was. */
void take_away(int pid);

/* Waits until a thread of the caller's process, or a child, has gone. */
void await_no_thread(int tid);

/* Cues, from 1, shared between all processes of a round. */
void give(int cue, int value);
bool await(int cue); /* until it is not 0; false when nobody gave it */
int cue_value(int cue);

/* What a caller left open and alive, compared with the begin: two facts
 * frame a scenario with many calls. */
int fds_now(void);
void tell_left(const char *fact, int open_fds_before);

/* A thread of the caller's process that runs the function, which must end
 * with thread_exit(). It shares the caller's errno, so it makes only bare
 * calls. Its tid, or a negative errno. */
long thread_start(void (*start)(void));
void thread_exit(void) __attribute__((noreturn));

/* Runs body in a forked process and waits for its end; -1 when it cannot, else
 * its exit status, or 256 + the signal that killed it. */
int in_child(void (*body)(void));

#endif
