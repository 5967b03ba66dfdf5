/*
 * The limit of a pids cgroup stops a clone after its pidfd was made.
 *
 * The kernel takes the file back, but the number it had already written to
 * the user's integer stays there: a descriptor that was never installed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>

#include "calls.h"
#include "cgroup.h"
#include "report.h"
#include "scenario.h"

struct visit {
	const struct pids_cgroup *cgroup;
	int rounds;
};

static void clone_at_the_limit(int round)
{
	struct clone_request request = { .flags = CLONE_PIDFD | SIGCHLD, .expects = EAGAIN };
	struct birth birth = call_clone(round, &request);

	/* 0 would mean that the kernel wrote nothing; that is stdin's number. */
	if (birth.integer != 0 && report_verdict() == VERDICT_OK)
		call_fcntl_closed(round, birth.integer);
}

static void visit_cgroup(void *argument)
{
	const struct visit *visit = argument;

	if (!cgroup_enter(visit->cgroup))
		return;
	for (int round = 0; round < visit->rounds && report_verdict() == VERDICT_OK; round++) {
		clone_at_the_limit(round);
		if (report_verdict() == VERDICT_OK)
			report_round_done();
	}
}

static void run_pids_max(const struct run *run)
{
	struct pids_cgroup cgroup;
	sigset_t all, before;

	/* No signal but SIGKILL can end the program while the cgroup exists. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (cgroup_create(&cgroup)) {
		struct visit visit = { .cgroup = &cgroup, .rounds = run->rounds };

		run_in_child(visit_cgroup, &visit);
		cgroup_remove(&cgroup);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

const struct scenario scenarios_cgroup[] = {
	{ "pids-max", "clone at the limit of a pids cgroup: EAGAIN (root)", NULL, run_pids_max },
	{ NULL, NULL, NULL, NULL },
};
