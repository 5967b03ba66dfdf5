/*
 * What happened, kept in memory until the scenario is over.
 *
 * The records live in a shared anonymous mapping: a process that a scenario
 * starts writes into the same report as its parent, even when it ends without
 * a word. Nothing is written to stdout while the calls are being made.
 */
#ifndef STIMULUS_REPORT_H
#define STIMULUS_REPORT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define RECORDS_PER_ROUND_MAX 8
#define COMM_SIZE 16 /* TASK_COMM_LEN */

/* Printed as null: the field does not apply to this call. */
#define NOTHING INT_MIN

struct record {
	const char *call; /* a string literal: valid in every forked process */
	uint64_t ino;     /* 0 when there is none */
	uint64_t flags;   /* of the call, only when has_flags */
	bool has_flags;
	int round, tid, ret, error, pid, fd, integer;
	int fd_flags, fl_flags, fdinfo_pid;
	int open_fds_before, open_fds_after;
	unsigned char comm[COMM_SIZE];
};

enum verdict { VERDICT_OK = 0, VERDICT_UNEXPECTED = 1, VERDICT_CANNOT_RUN = 3, VERDICT_HANGS = 4 };

/* Makes room for the records of so many rounds; false when there is no memory. */
bool report_open(int rounds);

/* From now on each record also carries the comm of its caller. */
void report_with_comm(void);

/* A new record of the calling thread with every other field empty. */
struct record *record_new(int round, const char *call);

void report_round_done(void);
enum verdict report_verdict(void);

/* The first reason given stays: what follows it is usually its consequence. */
void unexpected(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cannot_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
void hangs(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes all records and the last line to stdout; false when that fails. */
bool report_print(const char *scenario);

#endif
