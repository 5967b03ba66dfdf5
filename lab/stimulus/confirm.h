/*
 * Provocations: what a rule about pidfds is tried with, and what user space
 * saw of it.
 *
 * They tell facts and never a verdict. A call that the kernel lacks, or that
 * ends otherwise than it should, is a fact like any other, and the provocation
 * goes on.
 */
#ifndef STIMULUS_CONFIRM_H
#define STIMULUS_CONFIRM_H

#include "scenario.h"

enum risk {
	HARMLESS,  /* touches nothing but the program's own processes and descriptors */
	SCRATCH,   /* makes a cgroup, a folder or a mount of its own, and removes it */
	DANGEROUS, /* touches the whole machine, or could harm a kernel that lacks a fix */
};

struct provocation {
	const char *name;
	enum risk risk;
	const char *summary;
	void (*round)(int round);
	void (*whole)(int times); /* instead of rounds: takes N itself */
	int seconds;              /* a round, or 1000 times of a whole, that takes longer hangs */
};

/* The table ends with an entry without a name. What asks about the user's
 * integer comes first: on the oldest kernels nothing else can be asked unless
 * the integer is 0. */
extern const struct provocation provocations[];

const char *risk_name(enum risk risk);

/* A number for what a round does at random, never 0; the same for the same --seed. */
unsigned int random_seed(int round);

/* Runs one in processes of its own, prints the facts and cleans up: the exit
 * status of the program. */
int confirm(const struct provocation *provocation, const struct run *run);

/* What the program does after an execve of confirm-exec: its exit status. */
#define CONFIRM_HOLD_WORD "--confirm-hold"
int confirm_hold_main(const char *tell_text, const char *hold_text);

/* One function for each entry of the table. */
void confirm_integer(int round);
void confirm_unreadable(int round);
void confirm_slow(int round);
void confirm_conflicts(int round);
void confirm_page(int round);
void confirm_flags(int round);
void confirm_child(int round);
void confirm_fdinfo(int round);
void confirm_nested(int round);
void confirm_pids_max(int round);
void confirm_emfile(int round);
void confirm_enfile(int round);
void confirm_nproc(int round);
void confirm_dead_namespace(int round);
void confirm_set_tid(int round);
void confirm_orders(int round);
void confirm_into_cgroup(int round);
void confirm_wait(int round);
void confirm_poll(int round);
void confirm_poll_threads(int round);
void confirm_exec(int round);
void confirm_clone3(int round);
void confirm_open(int round);
void confirm_uses(int round);
void confirm_peer(int round);
void confirm_races(int times);
void confirm_stress(int times);

#endif
