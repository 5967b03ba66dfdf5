/*
 * What a scenario is: a name, a sentence, and either one round or, when the
 * rounds need something around them, the whole run.
 */
#ifndef STIMULUS_SCENARIO_H
#define STIMULUS_SCENARIO_H

#include <stddef.h>

#define ROUNDS_MAX 100000
#define HOLD_MS_MAX 3600000
#define HELD_MAX 100000
#define RATE_MAX 1000000
#define LIMIT_S_MAX 3600
#define SEED_MAX 999999999

struct run {
	int rounds;
	int hold_ms; /* -1 when no --hold was given */
	int held;    /* of the load scenarios: pidfds that stay open */
	int rate;    /* and how many are made in a second where there is a pace */
	int limit_s; /* of the provocations: seconds a round may take, or 0 for its own */
	int seed;    /* of the provocations: what is done at random is done alike, or 0 */
};

struct scenario {
	const char *name;
	const char *summary;
	void (*round)(int round);
	void (*whole)(const struct run *run); /* counts its rounds by report_round_done() */
};

/* The program itself, for the scenarios that execve it. */
#define SELF "/proc/self/exe"

/* Every table ends with an entry without a name. */
extern const struct scenario scenarios_create[];  /* a pidfd is made and closed */
extern const struct scenario scenarios_leave[];   /* a pidfd is closed by exit or execve */
extern const struct scenario scenarios_fail[];    /* no pidfd is made */
extern const struct scenario scenarios_cgroup[];  /* one was made and taken back */
extern const struct scenario scenarios_many[];    /* several threads, strange names */
extern const struct scenario scenarios_noise[];   /* other work of a busy machine */
extern const struct scenario scenarios_slots[];   /* a file in several slots of a table */
extern const struct scenario scenarios_tables[];  /* tables copied, shared, parted, left */
extern const struct scenario scenarios_scm[];     /* files in messages */
extern const struct scenario scenarios_uring[];   /* files that io_uring has */
extern const struct scenario scenarios_births[];  /* other ways to a pidfd */
extern const struct scenario scenarios_coredump[]; /* and the one of core dumps */
extern const struct scenario scenarios_uses[];    /* what a pidfd is good for */
extern const struct scenario scenarios_load[];    /* many of them; take HELD before N */

/* The plain clone round, which other scenarios put into their own setting. */
void round_clone(int round);

/* What the program does after an execve of exec-open: its exit status. */
int after_exec(const char *fd_text);

/* What the program does when the kernel starts it for birth-coredump. */
#define CORE_HELPER_WORD "--core-helper"
int core_helper_main(const char *id, const char *word);

#endif
