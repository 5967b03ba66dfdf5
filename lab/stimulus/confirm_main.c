/*
 * How a provocation is run: by a worker, while the main process watches.
 *
 * The main process touches nothing that is provoked. It ends the worker and
 * all that descends from it when they take too long or when it is told to end,
 * removes what they made, and prints what is known by then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>

#include "confirm.h"
#include "confirm_calls.h"
#include "confirm_facts.h"
#include "reader.h"
#include "report.h"
#include "report_print.h"

/* After SIGKILL; what the kernel does not let go by then stays. */
#define LAST_WAIT_MS 3000

const char *risk_name(enum risk risk)
{
	static const char *const names[] = { "harmless", "scratch", "dangerous" };

	return names[risk];
}

static sigset_t watched_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	return signals;
}

static void work(const struct provocation *provocation, int rounds, const sigset_t *signals)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigprocmask(SIG_SETMASK, signals, NULL);
	if (provocation->whole != NULL) {
		provocation->whole(rounds);
		shelf->rounds_done = rounds;
		raw_exit(0);
	}
	for (shelf->round = 0; shelf->round < rounds; shelf->round++) {
		memset(shelf->cues, 0, sizeof(shelf->cues));
		provocation->round(shelf->round);
		if (report_verdict() != VERDICT_OK)
			break;
		__atomic_fetch_add(&shelf->rounds_done, 1, __ATOMIC_SEQ_CST);
	}
	raw_exit(0);
}

/* Takes away whatever has ended, orphans as well. */
static void reap_ended(int worker, bool *worker_ended)
{
	siginfo_t info;

	for (;;) {
		memset(&info, 0, sizeof(info));
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | __WALL) != 0 || info.si_pid == 0)
			return;
		if (info.si_pid != worker)
			continue;
		*worker_ended = true;
		if (info.si_code != CLD_EXITED)
			unexpected("the process of the scenario was killed by signal %d",
				   info.si_status);
		else if (info.si_status != 0)
			unexpected("the process of the scenario ended with %d", info.si_status);
	}
}

/* The call that did not come back, as far as the facts tell. */
static const struct fact *last_call(void)
{
	for (uint32_t i = shelf->used < FACTS_MAX ? shelf->used : FACTS_MAX; i > 0; i--)
		if (shelf->facts[i - 1].to_ns == 0 && shelf->facts[i - 1].from_ns != 0)
			return &shelf->facts[i - 1];
	return NULL;
}

static unsigned int given_seed;

unsigned int random_seed(int round)
{
	unsigned int seed = given_seed == 0 ? (unsigned int)boottime_ns() : given_seed;

	return (seed + (unsigned int)round * 2654435761u) | 1;
}

static void tell_hang(int seconds)
{
	const struct fact *fact = last_call();

	if (fact == NULL)
		hangs("nothing ended within %d s", seconds);
	else
		hangs("%s of \"%s\" did not come back within %d s", fact->call, fact->name, seconds);
}

/* Until the worker has ended: the signal that told us to end, or 0. */
static int watch(const struct provocation *provocation, int worker, const struct run *run)
{
	int seconds = run->limit_s > 0 ? run->limit_s : provocation->seconds, known = 0;
	bool ended = false;
	sigset_t signals = watched_signals();

	if (provocation->whole != NULL)
		seconds *= 1 + run->rounds / 1000;
	uint64_t end = boottime_ns() + (uint64_t)seconds * 1000000000;
	for (;;) {
		struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };
		int signal = sigtimedwait(&signals, NULL, &pause);

		reap_ended(worker, &ended);
		if (ended)
			return 0;
		if (signal > 0 && signal != SIGCHLD)
			return signal;
		int done = __atomic_load_n(&shelf->rounds_done, __ATOMIC_SEQ_CST);
		if (done != known)
			end = boottime_ns() + (uint64_t)seconds * 1000000000;
		known = done;
		if (boottime_ns() < end)
			continue;
		tell_hang(seconds);
		return 0;
	}
}

/* Ends all that descends from us. What is stuck in the kernel stays there. */
static void end_all(void)
{
	struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

	for (int ms = 0; ms < LAST_WAIT_MS && has_child(); ms += 10) {
		kill_own();
		nanosleep(&pause, NULL);
		bool ended;
		reap_ended(-1, &ended);
	}
	if (has_child())
		unexpected("a process is stuck in the kernel and could not be ended");
}

static void clean_up(void)
{
	char path[192];

	for (int number = 0; shelf->cgroup.path[0] != '\0' && number < CGROUPS; number++) {
		snprintf(path, sizeof(path), "%s/%d", shelf->cgroup.path, number);
		rmdir(path);
	}
	if (shelf->cgroup.path[0] != '\0' && access(shelf->cgroup.path, F_OK) == 0)
		cgroup_remove(&shelf->cgroup);
	if (shelf->restore_path[0] == '\0')
		return;
	int file = open(shelf->restore_path, O_WRONLY | O_CLOEXEC);
	ssize_t length = (ssize_t)strlen(shelf->restore_text);
	if (file < 0 || write(file, shelf->restore_text, (size_t)length) != length)
		unexpected("cannot write %s back to %s: %s", shelf->restore_text,
			   shelf->restore_path, strerror(errno));
	if (file >= 0)
		close(file);
}

int confirm(const struct provocation *provocation, const struct run *run)
{
	sigset_t before, signals = watched_signals();
	int file;

	given_seed = (unsigned int)run->seed;
	/* A pidfd never gets the number 0, so a 0 in an integer means none. */
	while ((file = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0 && file <= STDERR_FILENO)
		;
	close(file);
	if (!shelf_open() || !report_open(1)) {
		fprintf(stderr, "stimulus: no memory for the facts\n");
		return VERDICT_CANNOT_RUN;
	}
	sigprocmask(SIG_BLOCK, &signals, &before);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	long worker = raw_clone(SIGCHLD, NULL);
	if (worker == 0)
		work(provocation, run->rounds, &before);
	if (worker < 0) {
		fprintf(stderr, "stimulus: cannot fork: %s\n", strerror(errno));
		return VERDICT_CANNOT_RUN;
	}
	int signal = watch(provocation, (int)worker, run);
	end_all();
	clean_up();
	if (signal != 0)
		unexpected("ended by SIG%s", sigabbrev_np(signal));
	for (int i = 0; i < shelf->rounds_done; i++)
		report_round_done();
	facts_print(provocation->name);
	if (!report_print(provocation->name))
		return VERDICT_UNEXPECTED;
	return signal != 0 ? 128 + signal : (int)report_verdict();
}
