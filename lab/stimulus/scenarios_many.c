/* The plain clone round in several threads at once, and under strange names. */
#define _GNU_SOURCE
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>

#include "calls.h"
#include "report.h"
#include "scenario.h"

#define THREADS 4

struct worker {
	pthread_t thread;
	pthread_barrier_t *start;
	int first_round, rounds;
};

static void *work(void *argument)
{
	const struct worker *worker = argument;

	/* Without it a short first thread is done before the last one exists. */
	pthread_barrier_wait(worker->start);
	for (int i = 0; i < worker->rounds && report_verdict() == VERDICT_OK; i++) {
		round_clone(worker->first_round + i);
		if (report_verdict() == VERDICT_OK)
			report_round_done();
	}
	return NULL;
}

static void run_threads(const struct run *run)
{
	struct worker workers[THREADS];
	pthread_barrier_t start;
	int each = (run->rounds + THREADS - 1) / THREADS;

	pthread_barrier_init(&start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .start = &start, .first_round = i * each,
					      .rounds = each };
		/* The threads that do run wait for this one at the barrier, and
		 * end with the process. */
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
			cannot_run("cannot start thread %d of %d", i + 1, THREADS);
			return;
		}
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_barrier_destroy(&start);
}

/* Line breaks, quotes, a terminal's escape, bytes that are no UTF-8, format
 * directives and shell syntax: each has broken some tool's output. */
static const char *const names[] = {
	"a\nb\"c%s\\d", "\x1b[31mred", "\xff\xfe\x80" "bad", "%s%n%x{}$(id)", "';rm -rf;`x`",
};
#define NAMES ((int)(sizeof(names) / sizeof(names[0])))

static void round_comm(int round)
{
	report_with_comm();
	prctl(PR_SET_NAME, names[round % NAMES]);
	round_clone(round);
}

const struct scenario scenarios_many[] = {
	{ "threads", "the clone scenario in 4 threads, N/4 rounds each", NULL, run_threads },
	{ "comm", "the clone scenario under a strange comm, another each round", round_comm, NULL },
	{ NULL, NULL, NULL, NULL },
};
