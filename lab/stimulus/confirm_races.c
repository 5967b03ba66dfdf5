/* Calls that meet each other, and many lives at once. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "confirm.h"
#include "confirm_calls.h"

#define PROCESSES_MAX 64
#define SEATS 400

enum { GO = 1, REAPED };

/* Both sides spin until they see the cue, to meet as closely as they can. */
static void spin_until(int cue, int value)
{
	while (cue_value(cue) != value)
		BARE(SYS_sched_yield);
}

/* The process ends while its pidfd is closed. */
static void close_meets_exit(struct fact *fact, int turn)
{
	int integer = 0;
	long pid = BARE(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, as_word(&integer));

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		spin_until(GO, turn);
		raw_exit(0);
	}
	if (pid < 0)
		return;
	__atomic_store_n(&shelf->cues[GO], turn, __ATOMIC_SEQ_CST);
	fact_count(fact, BARE(SYS_close, integer > 0 ? integer : -1));
	take_away((int)pid);
}

/* What the reaping thread takes away next; -1 ends it. */
static int next_zombie;

static void reap_on(void)
{
	for (int turn = 1;; turn++) {
		spin_until(GO, turn);
		int pid = __atomic_load_n(&next_zombie, __ATOMIC_SEQ_CST);
		if (pid < 0)
			thread_exit();
		take_away(pid);
		give(REAPED, turn);
	}
}

/* pidfd_open of a process that a thread reaps at that moment. */
static void open_meets_reap(struct fact *fact, int turn)
{
	long pid = fork_child();

	if (pid == 0)
		raw_exit(0);
	if (pid < 0)
		return;
	BARE(SYS_waitid, P_PID, pid, 0, WEXITED | WNOWAIT);
	__atomic_store_n(&next_zombie, (int)pid, __ATOMIC_SEQ_CST);
	__atomic_store_n(&shelf->cues[GO], turn, __ATOMIC_SEQ_CST);
	for (int delay = turn % 50; delay > 0; delay--)
		__atomic_load_n(&shelf->cues[GO], __ATOMIC_SEQ_CST);
	long fd = BARE(SYS_pidfd_open, pid, 0);
	fact_count(fact, fd);
	if (fd >= 0)
		BARE(SYS_close, fd);
	spin_until(REAPED, turn);
}

void confirm_races(int times)
{
	int before = fds_now();
	struct fact *closes = fact_new("close-meets-exit", "close");

	fact_from(closes);
	for (int turn = 1; turn <= times; turn++)
		close_meets_exit(closes, turn);
	fact_to(closes, 0);

	struct fact *opens = fact_new("open-meets-reap", "pidfd_open");
	__atomic_store_n(&shelf->cues[GO], 0, __ATOMIC_SEQ_CST);
	fact_from(opens);
	long reaper = thread_start(reap_on);
	for (int turn = 1; reaper > 0 && turn <= times; turn++)
		open_meets_reap(opens, turn);
	__atomic_store_n(&next_zombie, -1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&shelf->cues[GO], times + 1, __ATOMIC_SEQ_CST);
	if (reaper > 0)
		await_no_thread((int)reaper);
	fact_to(opens, 0);
	tell_left("left", before);
}

/* One fact for each kind of call, in which all processes count. */
struct stress {
	struct fact *clone, *clone3, *open, *close, *wait, *fault;
	int *locked; /* an integer that cannot be written */
};

static void close_one(const struct stress *stress, long fd)
{
	if (fd >= 0)
		fact_count(stress->close, BARE(SYS_close, fd));
}

static void wait_one(const struct stress *stress, long pid)
{
	fact_count(stress->wait, BARE(SYS_waitid, P_PID, pid, 0, WEXITED));
}

/* The number chooses one of eight lives. */
static void live_one(const struct stress *stress, unsigned int number)
{
	bool clone3 = (number & 1) != 0, reaps_first = (number & 2) != 0, opens = (number & 4) != 0;
	int integer = 0;
	long other = -1;
	struct clone_args args = {
		.flags = CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = (uint64_t)as_word(&integer),
	};

	long pid = clone3 ? BARE(SYS_clone3, as_word(&args), sizeof(args))
			  : BARE(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, as_word(&integer));
	if (pid == 0)
		raw_exit(0);
	fact_count(clone3 ? stress->clone3 : stress->clone, pid);
	if (number % 16 == 15)
		fact_count(stress->fault,
			   BARE(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, as_word(stress->locked)));
	if (pid < 0)
		return;
	if (opens) {
		other = BARE(SYS_pidfd_open, pid, 0);
		fact_count(stress->open, other);
	}
	if (reaps_first)
		wait_one(stress, pid);
	close_one(stress, integer > 0 ? integer : -1);
	close_one(stress, other);
	if (!reaps_first)
		wait_one(stress, pid);
}

/* Process number i of so many stays on one CPU and lives its part. */
static void live_part(const struct stress *stress, int i, int of, int times)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(i, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	for (int number = i; number < times; number += of)
		live_one(stress, (unsigned int)(number / of));
	raw_exit(0);
}

/*
 * So many processes at once take the memory of those that are gone: a struct
 * pid whose memory is that of another one was freed, seen or not.
 */
static void take_memory(void)
{
	static int seated[SEATS];

	for (int i = 0; i < SEATS; i++) {
		seated[i] = (int)fork_child();
		if (seated[i] == 0)
			for (;;)
				BARE(SYS_ppoll, 0, 0, 0, 0, 0);
	}
	for (int i = 0; i < SEATS; i++) {
		if (seated[i] <= 0)
			continue;
		BARE(SYS_kill, seated[i], SIGKILL);
		take_away(seated[i]);
	}
}

void confirm_stress(int times)
{
	int before = fds_now(), pids[PROCESSES_MAX];
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	int processes = online < 1 ? 1 : online > PROCESSES_MAX ? PROCESSES_MAX : (int)online;
	struct stress stress = {
		.clone = fact_new("stress", "clone"), .clone3 = fact_new("stress", "clone3"),
		.open = fact_new("stress", "pidfd_open"), .close = fact_new("stress", "close"),
		.wait = fact_new("stress", "waitid"), .fault = fact_new("stress-fault", "clone"),
		.locked = mmap(NULL, sizeof(int), PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	};
	struct fact *const all[] = { stress.clone, stress.clone3, stress.open,
				     stress.close, stress.wait,   stress.fault };

	for (int i = 0; i < 6; i++) {
		all[i]->has_counts = true;
		fact_from(all[i]);
	}
	for (int i = 0; i < processes; i++) {
		pids[i] = (int)fork_child();
		if (pids[i] == 0)
			live_part(&stress, i, processes, times);
	}
	for (int i = 0; i < processes; i++)
		if (pids[i] > 0)
			take_away(pids[i]);
	for (int i = 0; i < 6; i++)
		fact_to(all[i], 0);
	take_memory();
	tell_left("left", before);
}
