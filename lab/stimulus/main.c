/*
 * stimulus - makes pidfds in known ways and says what it got.
 *
 * A tracer that watches it can be compared, call by call, with its report.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "confirm.h"
#include "report.h"
#include "scenario.h"
#include "stage.h"

#define EXIT_USAGE 2

/* The risk is that of the worst scenario of a table. */
static const struct {
	const struct scenario *scenarios;
	enum risk risk;
} tables[] = {
	{ scenarios_create, HARMLESS }, { scenarios_leave, HARMLESS },
	{ scenarios_fail, HARMLESS },	{ scenarios_cgroup, SCRATCH },
	{ scenarios_many, HARMLESS },	{ scenarios_noise, HARMLESS },
	{ scenarios_slots, HARMLESS },	{ scenarios_tables, HARMLESS },
	{ scenarios_scm, HARMLESS },	{ scenarios_uring, HARMLESS },
	{ scenarios_births, SCRATCH },	{ scenarios_coredump, DANGEROUS },
	{ scenarios_uses, HARMLESS },	{ scenarios_load, HARMLESS },
};
#define TABLES (sizeof(tables) / sizeof(tables[0]))

static const struct scenario *find_scenario(const char *name)
{
	for (size_t i = 0; i < TABLES; i++)
		for (const struct scenario *s = tables[i].scenarios; s->name != NULL; s++)
			if (strcmp(s->name, name) == 0)
				return s;
	return NULL;
}

static const struct provocation *find_provocation(const char *name)
{
	for (const struct provocation *p = provocations; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static void print_scenarios(const char *format)
{
	for (size_t i = 0; i < TABLES; i++)
		for (const struct scenario *s = tables[i].scenarios; s->name != NULL; s++)
			printf(format, s->name, risk_name(tables[i].risk), s->summary);
	for (const struct provocation *p = provocations; p->name != NULL; p++)
		printf(format, p->name, risk_name(p->risk), p->summary);
}

static void print_help(void)
{
	printf("Usage: stimulus SCENARIO [N] [--hold MS] [--limit S] [--seed N]\n"
	       "       stimulus load-churn|load-burst HELD [N] [--rate R] [--hold MS]\n"
	       "       stimulus --list | --help\n\n"
	       "Does the scenario N times (1 to %d, by default 1) and then writes one\n"
	       "JSON line per call and a last line with the verdict. Those called moves,\n"
	       "birth and uses write what all fd tables hold after each step, those\n"
	       "called confirm what each call gave, and no verdict.\n"
	       "--hold MS sleeps so long before the exit; for bystander it is the time\n"
	       "its pidfds stay open. --rate R is the pace of the load scenarios, by\n"
	       "default 2000 pidfds a second. --limit S is for those called confirm: how\n"
	       "long a round may take; each has a limit of its own. --seed N makes what\n"
	       "they do at random the same again; without it the clock is the seed.\n\n"
	       "Scenarios:\n",
	       ROUNDS_MAX);
	print_scenarios("  %-18s %-9s %s\n");
	printf("\nExit status: 0 as expected, 1 not as expected, 2 usage, 3 cannot run here,\n"
	       "4 the kernel does not come back.\n");
}

/* Takes decimal digits only; -1 for anything else or a value out of bounds. */
static int parse_number(const char *text, int least, int most)
{
	size_t digits = text == NULL ? 0 : strspn(text, "0123456789");

	if (digits == 0 || digits > 9 || text[digits] != '\0')
		return -1;
	int value = atoi(text);
	return value < least || value > most ? -1 : value;
}

static bool takes_held(const struct scenario *scenario)
{
	for (const struct scenario *s = scenarios_load; s->name != NULL; s++)
		if (s == scenario)
			return true;
	return false;
}

/* The sentence to complain with, or null when the arguments are good. */
static const char *parse_arguments(int count, char **words, struct run *run,
				   const struct scenario **scenario,
				   const struct provocation **provocation)
{
	bool has_rounds = false;

	*scenario = NULL;
	*provocation = NULL;
	*run = (struct run){ .rounds = 1, .hold_ms = -1, .held = -1, .rate = 2000 };
	for (int i = 1; i < count; i++) {
		if (strcmp(words[i], "--hold") == 0) {
			run->hold_ms = parse_number(words[++i], 0, HOLD_MS_MAX);
			if (run->hold_ms < 0)
				return "--hold takes milliseconds, 0 to 3600000";
		} else if (strcmp(words[i], "--rate") == 0) {
			run->rate = parse_number(words[++i], 1, RATE_MAX);
			if (run->rate < 0)
				return "--rate takes pidfds a second, 1 to 1000000";
		} else if (strcmp(words[i], "--limit") == 0) {
			run->limit_s = parse_number(words[++i], 1, LIMIT_S_MAX);
			if (run->limit_s < 0)
				return "--limit takes seconds, 1 to 3600";
		} else if (strcmp(words[i], "--seed") == 0) {
			run->seed = parse_number(words[++i], 1, SEED_MAX);
			if (run->seed < 0)
				return "--seed takes a number from 1 to 999999999";
		} else if (words[i][0] == '-') {
			return "unknown option";
		} else if (*scenario == NULL && *provocation == NULL) {
			*scenario = find_scenario(words[i]);
			*provocation = find_provocation(words[i]);
			if (*scenario == NULL && *provocation == NULL)
				return "unknown scenario";
		} else if (takes_held(*scenario) && run->held < 0) {
			run->held = parse_number(words[i], 0, HELD_MAX);
			if (run->held < 0)
				return "HELD is a number from 0 to 100000";
		} else if (!has_rounds) {
			run->rounds = parse_number(words[i], 1, ROUNDS_MAX);
			if (run->rounds < 0)
				return "N is a number from 1 to 100000";
			has_rounds = true;
		} else {
			return "too many arguments";
		}
	}
	if (*provocation != NULL)
		return NULL;
	if (*scenario == NULL)
		return "no scenario given";
	return takes_held(*scenario) && run->held < 0 ? "HELD is missing" : NULL;
}

static void run_scenario(const struct scenario *scenario, const struct run *run)
{
	if (scenario->whole != NULL) {
		scenario->whole(run);
		return;
	}
	for (int round = 0; round < run->rounds && report_verdict() == VERDICT_OK; round++) {
		scenario->round(round);
		if (report_verdict() == VERDICT_OK)
			report_round_done();
	}
}

static void sleep_ms(int ms)
{
	struct timespec rest = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
		;
}

int main(int count, char **words)
{
	const struct scenario *scenario;
	const struct provocation *provocation;
	struct run run;

	/* The words without help text are for the program's own execve. */
	if (count == 2 && strcmp(words[1], "--true") == 0)
		return 0;
	if (count == 3 && strcmp(words[1], "--after-exec") == 0)
		return after_exec(words[2]);
	if (count == 4 && strcmp(words[1], PLAYER_WORD) == 0)
		return player_main(words[2], words[3]);
	if (count == 4 && strcmp(words[1], CORE_HELPER_WORD) == 0)
		return core_helper_main(words[2], words[3]);
	if (count == 4 && strcmp(words[1], CONFIRM_HOLD_WORD) == 0)
		return confirm_hold_main(words[2], words[3]);
	if (count == 2 && strcmp(words[1], "--help") == 0) {
		print_help();
		return 0;
	}
	if (count == 2 && strcmp(words[1], "--list") == 0) {
		print_scenarios("%s\t%s\t%s\n");
		return 0;
	}
	const char *complaint = parse_arguments(count, words, &run, &scenario, &provocation);
	if (complaint != NULL) {
		fprintf(stderr, "stimulus: %s; see stimulus --help\n", complaint);
		return EXIT_USAGE;
	}
	if (provocation != NULL) {
		int status = confirm(provocation, &run);
		if (run.hold_ms > 0)
			sleep_ms(run.hold_ms);
		return status;
	}
	if (!report_open(run.rounds)) {
		fprintf(stderr, "stimulus: no memory for the report of %d rounds\n", run.rounds);
		return VERDICT_CANNOT_RUN;
	}
	run_scenario(scenario, &run);
	if (!report_print(scenario->name))
		return VERDICT_UNEXPECTED;
	if (run.hold_ms > 0 && strcmp(scenario->name, "bystander") != 0)
		sleep_ms(run.hold_ms);
	return (int)report_verdict();
}
