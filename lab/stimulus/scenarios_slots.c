/* One file in several slots of one table. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>

#include "players.h"
#include "scenario.h"

static int open_null(void)
{
	return (int)must(open("/dev/null", O_RDWR | O_CLOEXEC), "open of /dev/null");
}

static long raw_dup2(int from, int to)
{
	return syscall(SYS_dup2, from, to);
}

static void play_dup_numbers(int fd, int other)
{
	int copy = (int)must(syscall(SYS_dup, fd), "dup");
	snapshot("dup");
	must(raw_dup2(fd, 20), "dup2");
	snapshot("dup2-free");
	must(raw_dup2(fd, other), "dup2");
	snapshot("dup2-over");
	must(syscall(SYS_dup3, fd, 21, O_CLOEXEC), "dup3");
	snapshot("dup3-cloexec");
	must(fcntl(fd, F_DUPFD, 30), "F_DUPFD");
	snapshot("f-dupfd");
	must(fcntl(fd, F_DUPFD_CLOEXEC, 40), "F_DUPFD_CLOEXEC");
	snapshot("f-dupfd-cloexec");
	int null = open_null();
	must(raw_dup2(fd, null), "dup2");
	snapshot("dup2-over-null");
	null = open_null();
	must(raw_dup2(null, copy), "dup2");
	snapshot("dup2-null-over");
	must(raw_dup2(fd, fd), "dup2");
	snapshot("dup2-same");
	if (raw_dup2(fd, -1) != -1 || syscall(SYS_dup3, fd, fd, 0) != -1 ||
	    raw_dup2(999, fd) != -1)
		wrong("a dup that must fail did not");
	snapshot("dup-fails");
}

static void play_dup(void)
{
	struct target target = target_start(), second = target_start();
	int fd = open_pidfd(target.pid), other = open_pidfd(second.pid);

	snapshot("open");
	play_dup_numbers(fd, other);
	close_fd(fd);
	snapshot("close-first");
	/* What is left: other, 20, 21, 30, 40 and where /dev/null was. */
	for (int i = other; i < 40; i++)
		raw_close(i);
	snapshot("close-but-one");
	close_fd(40);
	snapshot("close-last");
	target_end(second);
	target_end(target);
}

static void play_getfd(void)
{
	struct target target = target_start();
	int ready = cue_new(), over = cue_new();

	int holder = fork_player(0);
	if (holder == 0) {
		put_fd(open_pidfd(target.pid), 20, 0);
		cue_give(ready);
		cue_await(over);
		raw_exit(0);
	}
	cue_await(ready);
	int of_holder = open_pidfd(holder), of_self = open_pidfd(getpid());
	snapshot("open");
	int taken = (int)syscall(SYS_pidfd_getfd, of_holder, 20, 0);
	must(taken, "pidfd_getfd");
	snapshot("getfd-other");
	must(syscall(SYS_pidfd_getfd, of_self, taken, 0), "pidfd_getfd");
	snapshot("getfd-own");
	must(syscall(SYS_pidfd_getfd, of_self, of_self, 0), "pidfd_getfd");
	snapshot("getfd-self");
	cue_give(over);
	reap(holder);
	snapshot("getfd-holder-gone");
	if (syscall(SYS_pidfd_getfd, of_holder, 20, 0) != -1)
		wrong("pidfd_getfd of a process that has gone did not fail");
	close_fd(taken);
	snapshot("getfd-closed");
	target_end(target);
}

#define REUSES 20

struct reuse {
	int number, pids[2];
	int turn; /* how many times it was closed, or negative when it is over */
	int done; /* how many times it was opened again */
};

/* Spins, so that the number is used again as soon as it is free. */
static void *reuse_number(void *argument)
{
	struct reuse *reuse = argument;

	for (int i = 1; i <= REUSES; i++) {
		while (__atomic_load_n(&reuse->turn, __ATOMIC_SEQ_CST) < i)
			sched_yield();
		if (open_pidfd(reuse->pids[i % 2]) != reuse->number)
			wrong("the number that was closed is not the one that is used again");
		__atomic_store_n(&reuse->done, i, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

static void play_reuse(struct target target, struct target second)
{
	struct reuse reuse = { .pids = { target.pid, second.pid } };

	reuse.number = open_pidfd(target.pid);
	snapshot("threads-open");
	start_thread(reuse_number, &reuse);
	for (int i = 1; i <= REUSES; i++) {
		close_fd(reuse.number);
		__atomic_store_n(&reuse.turn, i, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&reuse.done, __ATOMIC_SEQ_CST) < i)
			sched_yield();
		/* The first is about the second target, the last about the first. */
		if (i == 1)
			snapshot("threads-reuse");
	}
	snapshot("threads-reuse-last");
	close_fd(reuse.number);
}

struct loner {
	int fd, second_pid, begin, alone, opens, opened, closes, closed, ends;
};

static void *leave_table(void *argument)
{
	const struct loner *loner = argument;

	cue_await(loner->begin);
	must(unshare(CLONE_FILES), "unshare");
	note_leave(0, raw_gettid());
	cue_give(loner->alone);
	cue_await(loner->opens);
	put_fd(open_pidfd(loner->second_pid), 30, 0);
	cue_give(loner->opened);
	cue_await(loner->closes);
	close_fd(loner->fd);
	cue_give(loner->closed);
	cue_await(loner->ends);
	return NULL;
}

static void play_loner(struct target target, struct target second)
{
	struct loner loner = { open_pidfd(target.pid), second.pid, cue_new(), cue_new(),
			       cue_new(),	       cue_new(),  cue_new(), cue_new(),
			       cue_new() };

	start_thread(leave_table, &loner);
	snapshot("threads-shared");
	cue_give(loner.begin);
	cue_await(loner.alone);
	snapshot("threads-unshare");
	cue_give(loner.opens);
	cue_await(loner.opened);
	snapshot("threads-unshare-open");
	cue_give(loner.closes);
	cue_await(loner.closed);
	snapshot("threads-unshare-close");
	close_fd(loner.fd);
	snapshot("threads-main-close");
	cue_give(loner.ends);
	await_thread_gone(note_read(0));
	snapshot("threads-loner-ends");
}

/* The leading thread has ended, and its process lives on in another one. */
static void *outlive_leader(void *argument)
{
	const struct target *target = argument;

	await_table_gone(getpid());
	snapshot("threads-leader-ends");
	open_pidfd(target->pid);
	snapshot("threads-survivor-opens");
	raw_exit(0);
}

static void play_survivor(struct target target)
{
	int child = fork_player(0);

	if (child == 0) {
		open_pidfd(target.pid);
		start_thread(outlive_leader, &target);
		for (;;)
			syscall(SYS_exit, 0);
	}
	reap(child);
	snapshot("threads-survivor-ends");
}

static void play_threads(void)
{
	struct target target = target_start(), second = target_start();

	play_reuse(target, second);
	play_loner(target, second);
	play_survivor(target);
	target_end(second);
	target_end(target);
}

static void round_dup(int round)
{
	play(round, play_dup);
}

static void round_getfd(int round)
{
	play(round, play_getfd);
}

static void round_threads(int round)
{
	play(round, play_threads);
}

const struct scenario scenarios_slots[] = {
	{ "moves-dup", "dup, dup2, dup3, F_DUPFD: one file in several slots", round_dup, NULL },
	{ "moves-getfd", "pidfd_getfd of a pidfd, of another process and of one's own",
	  round_getfd, NULL },
	{ "moves-threads", "threads that share a table, and one that leaves it", round_threads, NULL },
	{ NULL, NULL, NULL, NULL },
};
