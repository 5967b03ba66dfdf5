/* Tables that are copied, shared, parted, and left by execve and exit. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "players.h"
#include "scenario.h"

#define STACK_SIZE 65536

/* The numbers that the scenarios put a file on. */
enum { FIRST = 20, SECOND, THIRD, FOURTH, FIFTH, SIXTH };

/* Shares the caller's table: opens a pidfd, closes the caller's, and ends. */
struct sharer {
	int fd, second_pid, opens, opened, closes, closed, ends;
};

static int start_sharer(const struct sharer *sharer)
{
	int pid = fork_player(CLONE_FILES);

	if (pid != 0)
		return pid;
	cue_await(sharer->opens);
	note_leave(0, open_pidfd(sharer->second_pid));
	cue_give(sharer->opened);
	cue_await(sharer->closes);
	close_fd(sharer->fd);
	cue_give(sharer->closed);
	cue_await(sharer->ends);
	raw_exit(0);
}

/* Returns the pidfd of the second target, which a child put into the table. */
static int play_sharer(int fd, struct target second)
{
	struct sharer sharer = { fd,	    second.pid, cue_new(), cue_new(),
				 cue_new(), cue_new(),	cue_new() };
	int pid = start_sharer(&sharer);

	snapshot("fork-files");
	cue_give(sharer.opens);
	cue_await(sharer.opened);
	snapshot("files-child-opens");
	cue_give(sharer.closes);
	cue_await(sharer.closed);
	snapshot("files-child-closes");
	cue_give(sharer.ends);
	reap(pid);
	snapshot("files-child-ends");
	return note_read(0);
}

static int close_in_vfork(void *argument)
{
	snapshot("vfork");
	close_fd(*(int *)argument);
	snapshot("vfork-child-closes");
	raw_exit(0);
}

/* As vfork does it; with a stack of its own the child may call functions. */
static void play_vfork(int fd)
{
	char *stack = malloc(STACK_SIZE);

	if (stack == NULL)
		wrong("no memory for a stack");
	int pid = clone(close_in_vfork, stack + STACK_SIZE, CLONE_VM | CLONE_VFORK | SIGCHLD, &fd);
	must(pid, "clone");
	reap(pid);
	free(stack);
	snapshot("vfork-ends");
}

/* Returns a grandchild that is an orphan by then and holds what it was given. */
static int start_orphan(int ends)
{
	int parent = fork_player(0);

	if (parent == 0) {
		int orphan = fork_player(0);
		if (orphan == 0) {
			cue_await(ends);
			raw_exit(0);
		}
		note_leave(1, orphan);
		raw_exit(0);
	}
	reap(parent);
	return note_read(1);
}

static void play_fork(void)
{
	struct target target = target_start(), second = target_start();
	int closes = cue_new(), closed = cue_new(), ends = cue_new(), orphan_ends = cue_new();
	int fd = open_pidfd(target.pid);

	snapshot("open");
	int heir = fork_player(0);
	if (heir == 0) {
		cue_await(closes);
		close_fd(fd);
		cue_give(closed);
		cue_await(ends);
		raw_exit(0);
	}
	snapshot("fork");
	fd = play_sharer(fd, second);
	play_vfork(fd);
	int orphan = start_orphan(orphan_ends);
	snapshot("grandchild");
	cue_give(closes);
	cue_await(closed);
	snapshot("child-closes");
	close_fd(fd);
	snapshot("parent-closes");
	cue_give(orphan_ends);
	await_gone(orphan);
	snapshot("exit-open");
	cue_give(ends);
	reap(heir);
	target_end(second);
	target_end(target);
}

/* Slots that execve closes, and slots that it leaves. */
static void fill_for_exec(struct target target, struct target second)
{
	int fd = open_pidfd(target.pid);

	put_fd(fd, FIRST, 0);
	put_fd(fd, SECOND, O_CLOEXEC);
	put_fd(fd, THIRD, O_CLOEXEC);
	must(fcntl(THIRD, F_SETFD, 0), "F_SETFD");
	put_fd(fd, FOURTH, 0);
	must(fcntl(FOURTH, F_SETFD, FD_CLOEXEC), "F_SETFD");
	put_fd(fd, FIFTH, 0);
	must(ioctl(FIFTH, FIOCLEX), "FIOCLEX");
	put_fd(fd, SIXTH, O_CLOEXEC);
	must(ioctl(SIXTH, FIONCLEX), "FIONCLEX");
	/* Close-on-exec as it was born, and the only slot of its file. */
	open_pidfd(second.pid);
}

static void exec_alone(struct target target, struct target second)
{
	char *words[] = { "nothing", NULL };
	int child = fork_player(0);

	if (child == 0) {
		fill_for_exec(target, second);
		snapshot("exec-before");
		if (syscall(SYS_execve, "/proc/self/no-such-file", words, words + 1) != -1)
			wrong("execve of nothing did not fail");
		snapshot("exec-fails");
		become_player("exec");
	}
	reap(child);
	snapshot("exec-ends");
}

/* execve gives the child a table of its own; the parent's stays as it was. */
static void exec_sharing(struct target target, struct target second)
{
	fill_for_exec(target, second);
	int child = fork_player(CLONE_FILES);
	if (child == 0) {
		snapshot("exec-sharing-before");
		become_player("exec-sharing");
	}
	reap(child);
	snapshot("exec-sharing-ends");
	must(syscall(SYS_close_range, 3, ~0U, 0), "close_range");
}

static void *exec_in_thread(void *argument)
{
	(void)argument;
	become_player("exec-thread");
	return NULL;
}

/* execve by a thread, which takes the process id over from the leader. */
static void exec_from_thread(struct target target, struct target second)
{
	int child = fork_player(0), never = cue_new();

	if (child == 0) {
		fill_for_exec(target, second);
		snapshot("exec-thread-before");
		start_thread(exec_in_thread, NULL);
		cue_await(never);
	}
	reap(child);
	snapshot("exec-thread-ends");
}

static void play_exec(void)
{
	struct target target = target_start(), second = target_start();

	exec_alone(target, second);
	exec_sharing(target, second);
	exec_from_thread(target, second);
	target_end(second);
	target_end(target);
}

static long raw_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	return syscall(SYS_close_range, first, last, flags);
}

static void fill_for_range(struct target target)
{
	int fd = open_pidfd(target.pid);

	for (int number = FIRST; number <= FOURTH; number++)
		put_fd(fd, number, 0);
}

static void range_alone(struct target target)
{
	int child = fork_player(0);

	if (child == 0) {
		fill_for_range(target);
		snapshot("range-before");
		must(raw_close_range(SECOND, THIRD, 0), "close_range");
		snapshot("range");
		if (raw_close_range(FIRST, FIRST, CLOSE_RANGE_CLOEXEC) != 0) {
			skipped("range-cloexec", "CLOSE_RANGE_CLOEXEC gave %s", strerror(errno));
			raw_exit(0);
		}
		snapshot("range-cloexec");
		become_player("range-cloexec-exec");
	}
	reap(child);
	snapshot("range-ends");
}

/* A child that shares the table closes a range of it, or parts from it; what
 * the caller has must stay. */
static void range_shared(const char *name, unsigned int last, unsigned int flags)
{
	int child = fork_player(CLONE_FILES);

	if (child == 0) {
		if (raw_close_range(SECOND, last, flags) == 0)
			snapshot(name);
		else
			skipped(name, "close_range gave %s", strerror(errno));
		raw_exit(0);
	}
	reap(child);
}

static void unshare_shared(void)
{
	int child = fork_player(CLONE_FILES);

	if (child == 0) {
		must(unshare(CLONE_FILES), "unshare");
		snapshot("unshare");
		close_fd(SECOND);
		snapshot("unshare-close");
		raw_exit(0);
	}
	reap(child);
}

static void play_range(void)
{
	struct target target = target_start();

	range_alone(target);
	fill_for_range(target);
	snapshot("range-shared");
	range_shared("range-unshare", THIRD, CLOSE_RANGE_UNSHARE);
	/* To the end: the kernel leaves out the range when it copies the table. */
	range_shared("range-unshare-rest", ~0U, CLOSE_RANGE_UNSHARE);
	range_shared("range-unshare-cloexec", THIRD, CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC);
	unshare_shared();
	snapshot("range-unshare-ends");
	must(raw_close_range(3, ~0U, 0), "close_range");
	snapshot("range-all");
	target_end(target);
}

static void round_fork(int round)
{
	play(round, play_fork);
}

static void round_exec(int round)
{
	play(round, play_exec);
}

static void round_range(int round)
{
	play(round, play_range);
}

const struct scenario scenarios_tables[] = {
	{ "moves-fork", "tables copied and shared by fork, vfork and CLONE_FILES", round_fork, NULL },
	{ "moves-exec", "execve with close-on-exec slots, alone, sharing, in a thread", round_exec, NULL },
	{ "moves-range", "close_range and unshare, in a table alone and in a shared one",
	  round_range, NULL },
	{ NULL, NULL, NULL, NULL },
};
