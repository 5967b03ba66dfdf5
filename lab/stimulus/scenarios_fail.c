/* Calls that fail, and must leave neither a child nor a file descriptor. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "calls.h"
#include "facts.h"
#include "report.h"
#include "scenario.h"

static void fail_clone(int round, bool clone3, uint64_t flags, int *integer, int expects)
{
	struct clone_request request = {
		.clone3 = clone3, .flags = flags, .integer = integer, .expects = expects,
	};
	struct birth birth = call_clone(round, &request);

	if (birth.integer != 0)
		unexpected("the failed call left %d in the integer", birth.integer);
	if (waitid(P_ALL, 0, NULL, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD)
		unexpected("there is a child after a failed call in round %d", round);
}

/* Only the soft limit is lowered, so that it can be raised again. The limit
 * is the lowest number that is free: no descriptor can be allocated below it. */
static bool exhaust_fds(struct rlimit *saved)
{
	if (getrlimit(RLIMIT_NOFILE, saved) != 0) {
		cannot_run("cannot read RLIMIT_NOFILE: %s", strerror(errno));
		return false;
	}
	struct rlimit lowered = { .rlim_cur = (rlim_t)lowest_free_fd(),
				  .rlim_max = saved->rlim_max };
	if (setrlimit(RLIMIT_NOFILE, &lowered) != 0) {
		cannot_run("cannot lower RLIMIT_NOFILE: %s", strerror(errno));
		return false;
	}
	return true;
}

static void round_emfile(int round)
{
	struct rlimit saved;

	if (!exhaust_fds(&saved))
		return;
	fail_clone(round, false, CLONE_PIDFD | SIGCHLD, NULL, EMFILE);
	fail_clone(round, true, CLONE_PIDFD | SIGCHLD, NULL, EMFILE);
	setrlimit(RLIMIT_NOFILE, &saved);
}

static void round_emfile_open(int round)
{
	struct gate gate;
	struct rlimit saved;

	if (!gate_open(&gate))
		return;
	struct clone_request request = { .flags = SIGCHLD, .gate = &gate };
	struct birth birth = call_clone(round, &request);
	if (birth.pid > 0 && exhaust_fds(&saved)) {
		call_pidfd_open(round, birth.pid, 0, EMFILE);
		setrlimit(RLIMIT_NOFILE, &saved);
	}
	gate_release(&gate);
	call_wait(round, birth.pid);
}

/* A page that is readable and holds 0, but cannot be written: even a kernel
 * that looks at the integer first gets as far as writing to it. */
static void fault(int round, bool clone3)
{
	int *integer = mmap(NULL, sizeof(int), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (integer == MAP_FAILED) {
		cannot_run("cannot map a read-only page: %s", strerror(errno));
		return;
	}
	fail_clone(round, clone3, CLONE_PIDFD | SIGCHLD, integer, EFAULT);
	munmap(integer, sizeof(int));
}

static void round_efault(int round)
{
	fault(round, false);
}

static void round_efault_clone3(int round)
{
	fault(round, true);
}

static void round_open_fail(int round)
{
	struct clone_request request = { .flags = SIGCHLD };
	struct birth birth = call_clone(round, &request);

	if (birth.pid < 0)
		return;
	call_wait(round, birth.pid);
	/* The number of a process just reaped is the last to be given out again. */
	call_pidfd_open(round, birth.pid, 0, ESRCH);
	call_pidfd_open(round, birth.pid, 1, EINVAL);
}

static void round_conflict(int round)
{
	fail_clone(round, false, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, NULL, EINVAL);
	fail_clone(round, false, CLONE_PIDFD | CLONE_DETACHED | SIGCHLD, NULL, EINVAL);
}

const struct scenario scenarios_fail[] = {
	{ "emfile", "clone and clone3 without a free descriptor: EMFILE", round_emfile, NULL },
	{ "emfile-open", "pidfd_open without a free descriptor: EMFILE", round_emfile_open, NULL },
	{ "efault", "clone with the integer in a read-only page: EFAULT", round_efault, NULL },
	{ "efault-clone3", "clone3 with the integer in a read-only page: EFAULT",
	  round_efault_clone3, NULL },
	{ "open-fail", "pidfd_open of a reaped pid: ESRCH; with flags 1: EINVAL", round_open_fail, NULL },
	{ "conflict", "CLONE_PIDFD with CLONE_PARENT_SETTID, CLONE_DETACHED: EINVAL",
	  round_conflict, NULL },
	{ NULL, NULL, NULL, NULL },
};
