/*
 * Many pidfds: a crowd that stays open while others come and go.
 *
 * What a tracer told is compared with a list of every slot that was filled:
 * by whom, which number, of which process, and between which two moments. A
 * slot was empty before the first and after the second.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "calls.h"
#include "reader.h"
#include "report.h"
#include "scenario.h"
#include "syscalls.h"

#define TARGETS 16
#define THREADS 2
#define REST_MS 4000
#define SLICE 50
/* Slots of one round of load-burst besides those of what is held, in the
 * caller and in its child. */
#define ROUND_SLOTS 8

struct slot {
	const char *how; /* open, clone, dup or inherit */
	int pid, tid, fd, target;
	uint64_t from_ns, to_ns; /* 0 while it is filled */
};

/* Pidfds that all threads make together in a second, so that a reader on a
 * slow machine can follow: each gives it four records. */
static int rate;

static struct slot *slots;
static uint32_t capacity, used;
static int targets[TARGETS];

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void rest_ms(int ms)
{
	struct timespec rest = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
		;
}

static struct slot *slot_new(const char *how)
{
	static struct slot overflow;
	uint32_t at = __atomic_fetch_add(&used, 1, __ATOMIC_RELAXED);
	struct slot *slot = at < capacity ? &slots[at] : &overflow;

	if (at >= capacity)
		unexpected("the list is full after %u slots", capacity);
	*slot = (struct slot){ .how = how, .pid = getpid(), .tid = raw_gettid(),
			       .from_ns = now_ns() };
	return slot;
}

/* Room for so many slots in the list, and numbers for what is held. */
static bool make_room(const struct run *run, int most)
{
	int numbers = run->held + 64;
	struct rlimit limit = { .rlim_cur = (rlim_t)numbers, .rlim_max = (rlim_t)numbers };

	rate = run->rate;
	capacity = (uint32_t)most;
	used = 0;
	slots = calloc(capacity, sizeof(*slots));
	if (slots == NULL)
		cannot_run("no memory for a list of %u slots", capacity);
	else if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		cannot_run("cannot have %d descriptors: %s", numbers, strerror(errno));
	return report_verdict() == VERDICT_OK;
}

/* Processes that do nothing; they end when they are told to, or with us. */
static bool start_targets(void)
{
	for (int i = 0; i < TARGETS; i++) {
		long pid = raw_clone(SIGCHLD, NULL);
		if (pid == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
		if (pid < 0) {
			cannot_run("cannot fork: %s", strerror(errno));
			return false;
		}
		targets[i] = (int)pid;
	}
	return true;
}

static void wait_for(int pid)
{
	siginfo_t info;

	while (raw_waitid(pid, &info, WEXITED) < 0 && errno == EINTR)
		;
}

static void end_targets(void)
{
	for (int i = 0; i < TARGETS; i++) {
		kill(targets[i], SIGKILL);
		wait_for(targets[i]);
	}
}

static struct slot *open_one(int target)
{
	struct slot *slot = slot_new("open");

	slot->target = target;
	slot->fd = (int)raw_pidfd_open(target, 0);
	if (slot->fd < 0)
		unexpected("pidfd_open of %d: %s", target, strerror(errno));
	return slot;
}

static void close_one(struct slot *slot)
{
	if (raw_close(slot->fd) != 0)
		unexpected("close of %d: %s", slot->fd, strerror(errno));
	slot->to_ns = now_ns();
}

/* Sleeps until so many may have been made since a moment. */
static void keep_pace(uint64_t since_ns, int made, int a_second)
{
	uint64_t due_ns = since_ns + (uint64_t)made * 1000000000 / (uint64_t)a_second;
	struct timespec due = { .tv_sec = (time_t)(due_ns / 1000000000),
				.tv_nsec = (long)(due_ns % 1000000000) };

	while (clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &due, NULL) == EINTR)
		;
}

static struct slot **hold(int held)
{
	struct slot **crowd = calloc((size_t)held + 1, sizeof(*crowd));
	uint64_t begin_ns = now_ns();

	for (int i = 0; i < held && report_verdict() == VERDICT_OK; i++) {
		crowd[i] = open_one(targets[i % TARGETS]);
		if (i % SLICE == 0)
			keep_pace(begin_ns, i, rate);
	}
	return crowd;
}

static void let_go(struct slot **crowd, int held)
{
	uint64_t begin_ns = now_ns();

	for (int i = 0; i < held && crowd[i] != NULL; i++) {
		close_one(crowd[i]);
		if (i % SLICE == 0)
			keep_pace(begin_ns, i, rate);
	}
	free(crowd);
}

static void *churn(void *argument)
{
	int rounds = *(const int *)argument;
	uint64_t begin_ns = now_ns();

	for (int i = 0; i < rounds && report_verdict() == VERDICT_OK; i++) {
		close_one(open_one(targets[i % TARGETS]));
		report_round_done();
		if (i % SLICE == 0)
			keep_pace(begin_ns, i * THREADS, rate);
	}
	return NULL;
}

/* The threads share the table, so each takes numbers that the other left. */
static void churn_in_threads(int rounds)
{
	pthread_t threads[THREADS];
	int shares[THREADS];

	for (int i = 0; i < THREADS; i++) {
		shares[i] = rounds / THREADS + (i < rounds % THREADS);
		if (pthread_create(&threads[i], NULL, churn, &shares[i]) != 0) {
			cannot_run("cannot start thread %d of %d", i + 1, THREADS);
			exit(VERDICT_CANNOT_RUN);
		}
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void print_slots(void)
{
	for (uint32_t i = 0; i < used && i < capacity; i++) {
		const struct slot *slot = &slots[i];
		printf("{\"slot\":\"%s\",\"pid\":%d,\"tid\":%d,\"fd\":%d,\"target_pid\":%d,"
		       "\"from_ns\":\"%" PRIu64 "\",\"to_ns\":\"%" PRIu64 "\"}\n",
		       slot->how, slot->pid, slot->tid, slot->fd, slot->target, slot->from_ns,
		       slot->to_ns);
	}
	free(slots);
}

/* Nothing moves while the reader looks, and for a while after that. */
static void rest(const char *name)
{
	print_snapshot(name, 0, 0);
	fflush(stdout);
	rest_ms(REST_MS);
}

static void run_churn(const struct run *run)
{
	if (!make_room(run, run->held + run->rounds) || !start_targets())
		return;
	struct slot **crowd = hold(run->held);
	churn_in_threads(run->rounds / 5);
	rest("churn-fifth");
	churn_in_threads(run->rounds - run->rounds / 5);
	rest("churn-end");
	let_go(crowd, run->held);
	end_targets();
	print_slots();
}

/* The child has all that the caller has. It closes one of them and leaves the
 * others to its end. */
static struct slot *bear_child(struct slot *const *open, int many)
{
	struct slot *slot = slot_new("clone");
	long pid = raw_clone(CLONE_PIDFD | SIGCHLD, &slot->fd);

	if (pid == 0) {
		raw_close(open[many - 1]->fd);
		raw_exit(0);
	}
	if (pid < 0)
		unexpected("clone: %s", strerror(errno));
	slot->target = (int)pid;
	for (int i = 0; i < many; i++) {
		struct slot *copy = slot_new("inherit");
		*copy = *open[i];
		copy->how = "inherit";
		copy->pid = copy->tid = (int)pid;
		copy->from_ns = slot->from_ns;
		copy->to_ns = 0;
	}
	return slot;
}

static struct slot *dup_one(const struct slot *from, int fd)
{
	struct slot *slot = slot_new("dup");

	slot->target = from->target;
	slot->fd = (int)(fd < 0 ? syscall(SYS_dup, from->fd) : syscall(SYS_dup2, from->fd, fd));
	if (slot->fd < 0)
		unexpected("dup of %d: %s", from->fd, strerror(errno));
	return slot;
}

static void burst(struct slot **crowd, int held, int round)
{
	struct slot *mine = open_one(targets[round % TARGETS]);
	struct slot *second = dup_one(mine, -1);
	struct slot *all[held + 2];
	uint32_t first = used;

	memcpy(all, crowd, (size_t)held * sizeof(*crowd));
	all[held] = mine;
	all[held + 1] = second;
	struct slot *child = bear_child(all, held + 2);
	struct slot *third = dup_one(crowd[0], second->fd);
	second->to_ns = now_ns();
	close_one(mine);
	close_one(third);
	wait_for(child->target);
	for (uint32_t i = first; i < used && i < capacity; i++)
		if (slots[i].pid == child->target)
			slots[i].to_ns = now_ns();
	close_one(child);
}

static void run_burst(const struct run *run)
{
	int a_round = run->held + ROUND_SLOTS;

	if (run->held < 1) {
		cannot_run("load-burst holds at least one pidfd");
		return;
	}
	if (!make_room(run, run->held + run->rounds * a_round) || !start_targets())
		return;
	struct slot **crowd = hold(run->held);
	for (int round = 0; round < run->rounds && report_verdict() == VERDICT_OK; round++) {
		burst(crowd, run->held, round);
		report_round_done();
	}
	rest("burst-end");
	let_go(crowd, run->held);
	end_targets();
	print_slots();
}

const struct scenario scenarios_load[] = {
	{ "load-churn", "HELD pidfds stay open while N others come and go", NULL, run_churn },
	{ "load-burst", "HELD pidfds stay open while N children get them, fast", NULL, run_burst },
	{ NULL, NULL, NULL, NULL },
};
