/*
 * Facts: one for each call of a provocation, or for many alike, kept in memory
 * that all processes of the provocation share.
 */
#ifndef STIMULUS_CONFIRM_FACTS_H
#define STIMULUS_CONFIRM_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "cgroup.h"
#include "report.h" /* NOTHING */

#define FACTS_MAX 65536
#define ERRNOS 134 /* there is no higher errno */
#define NUMBERS_MAX 32
#define FDINFO_SIZE 320
#define SHELF_CUES 64
#define CGROUPS 4

/* NOTHING, 0 for 64-bit numbers and an empty text mean that a field does not
 * apply, unless a flag beside it says otherwise. */
struct fact {
	const char *name, *call; /* string literals: valid in every forked process */
	int round, pid, tid;
	uint64_t from_ns, to_ns; /* CLOCK_BOOTTIME; to_ns is 0 when it did not come back */
	bool has_flags, has_result, has_numbers;
	uint64_t flags;
	int ret, error;
	int target_pid;
	int integer_before, integer_after, parent_tid;
	int open_fds_before, open_fds_after, has_child;
	int fd, fd_flags, fl_flags, mode;
	uint64_t ino, dev;
	char link[64], fdinfo[FDINFO_SIZE];
	int timeout_ms, events, revents;
	int ended_pid, ended_code, ended_status; /* what waitid() told in siginfo_t */
	int numbers[NUMBERS_MAX]; /* what they are, the fact's name tells */
	int number_count;
	bool has_counts; /* it was many calls */
	uint32_t counts[ERRNOS]; /* how many of them gave which errno; 0 is success */
};

/* What the processes of a provocation share. */
struct shelf {
	uint32_t used;
	int round;
	int rounds_done;
	int cues[SHELF_CUES]; /* all 0 at the begin of a round */
	struct pids_cgroup cgroup; /* removed at the end, and CGROUPS numbered ones in it */
	char restore_path[64], restore_text[64]; /* written at the end when there is a path */
	struct fact facts[FACTS_MAX];
};

extern struct shelf *shelf;

bool shelf_open(void);

/* A new fact of the calling thread in which nothing else is known yet. */
struct fact *fact_new(const char *name, const char *call);

/* Right before and right after the call. A negative result is an errno. */
void fact_from(struct fact *fact);
long fact_to(struct fact *fact, long ret);

/* Waits until the call of a fact of this round has begun, whoever makes it;
 * false after so many milliseconds. */
bool fact_begun(const char *name, int limit_ms);

/* Writes down what the descriptor is: flags, inode, link, fdinfo. */
void fact_describe(struct fact *fact, int fd);

/* A fact about nothing but a descriptor: its fdinfo is read between from and
 * to, and the result is the number of bytes. */
void fact_fdinfo(const char *name, int fd, int target_pid);

/* The same through the folder of a process that shares our table, in any procfs. */
void fact_fdinfo_in(const char *folder, const char *name, int fd);

/* Counts one more result of a call that is made many times; several processes
 * may count in one fact. */
void fact_count(struct fact *fact, long ret);

/* Adds to the numbers; those that have no room are left out. */
void fact_number(struct fact *fact, int number);

/* Whether the caller has a child, alive or dead: 1 or 0. */
int has_child(void);

uint64_t boottime_ns(void);

void facts_print(const char *scenario);

#endif
