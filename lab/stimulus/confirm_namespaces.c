/*
 * What fdinfo says of a process: alive, a zombie, reaped; and as procfs of
 * another pid namespace sees it.
 *
 * "inner" is the first process of a pid namespace and "deeper" that of one
 * within. Both share their table with the host's process, so that everybody
 * can read about every pidfd under the same number, each through the procfs
 * of its own namespace, mounted where only it sees it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "confirm.h"
#include "confirm_calls.h"

enum { END_OUTSIDE = 1, INNER_MADE, DEEPER_FD, INNER_READY, ORDERS }; /* and two for each viewer */
enum { HOST, INNER, DEEPER };
enum { OUTSIDE, OF_INNER, OF_DEEPER };

/* What a viewer is told to do. The cue of an order is 1 + its number. */
enum order { LOOK, LOOK_ZOMBIES, LOOK_REAPED, REAP, LEAVE };

/* Copied to the others by their fork, or written before they are told. */
static int outside_fd, inner_fd;

static const char *const names[3][3][3] = {
	{ { "host-outside", "host-outside-zombie", "host-outside-reaped" },
	  { "host-inner", NULL, NULL },
	  { "host-deeper", "host-deeper-zombie", "host-deeper-reaped" } },
	{ { "inner-outside", "inner-outside-zombie", "inner-outside-reaped" },
	  { "inner-inner", NULL, NULL },
	  { "inner-deeper", "inner-deeper-zombie", "inner-deeper-reaped" } },
	{ { "deeper-outside", NULL, NULL },
	  { "deeper-inner", NULL, NULL },
	  { "deeper-deeper", NULL, NULL } },
};

static int deeper_fd(void)
{
	return cue_value(DEEPER_FD) - 2;
}

static void look_at(int viewer, int target, enum order order)
{
	int state = order == LOOK ? 0 : order == LOOK_ZOMBIES ? 1 : 2;
	int fd = target == OUTSIDE ? outside_fd : target == OF_INNER ? inner_fd : deeper_fd();

	if (fd >= 0 && names[viewer][target][state] != NULL)
		fact_fdinfo(names[viewer][target][state], fd, NOTHING);
}

/* A procfs of its own, in a mount namespace of its own. */
static void mount_proc(const char *name)
{
	struct fact *fact = fact_new(name, "mount");

	fact_from(fact);
	long ret = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	if (ret == 0)
		ret = mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	fact_to(fact, ret != 0 ? -errno : 0);
	if (ret != 0)
		raw_exit(0);
}

static int order_cue(int viewer)
{
	return ORDERS + 2 * viewer;
}

static void serve(int viewer, int child)
{
	int cue = order_cue(viewer);

	while (await(cue)) {
		enum order order = (enum order)(cue_value(cue) - 1);

		give(cue, 0);
		if (order == LEAVE)
			raw_exit(0);
		if (order == REAP)
			take_away(child);
		for (int target = OUTSIDE; order <= LOOK_REAPED && target <= OF_DEEPER; target++)
			look_at(viewer, target, order);
		give(cue + 1, 1);
	}
	raw_exit(1);
}

static void tell(int viewer, enum order order)
{
	int cue = order_cue(viewer);

	give(cue + 1, 0);
	give(cue, 1 + (int)order);
	if (order != LEAVE)
		await(cue + 1);
}

/* Whoever made us has counted the descriptors of the table by then. */
static void live_deeper(void)
{
	await(DEEPER_FD);
	mount_proc("deeper-mount");
	serve(DEEPER, -1);
}

static struct made nest(const char *name, int *integer, void (*child)(void))
{
	struct attempt request = {
		.fact = name, .integer = integer, .child = child,
		.flags = CLONE_PIDFD | CLONE_NEWPID | CLONE_NEWNS | CLONE_FILES | SIGCHLD,
	};
	return attempt(&request);
}

static void live_inner(void)
{
	int integer = 0;

	await(INNER_MADE);
	mount_proc("inner-mount");
	struct made deeper = nest("deeper", &integer, live_deeper);
	give(DEEPER_FD, 2 + deeper.fd);
	give(INNER_READY, 1);
	serve(INNER, deeper.pid);
}

static void look_everywhere(enum order order)
{
	for (int target = OUTSIDE; target <= OF_DEEPER; target++)
		look_at(HOST, target, order);
	tell(INNER, order);
	if (order == LOOK)
		tell(DEEPER, order);
}

/* The host's process looks through the procfs of the namespace within. */
static void look_from_outside(int inner_pid)
{
	static const char *const from_host[3] = {
		"inner-outside-from-host", "inner-inner-from-host", "inner-deeper-from-host",
	};
	const int fds[3] = { outside_fd, inner_fd, deeper_fd() };
	char folder[64];

	/* The process within is the first one there, and shares our table. */
	snprintf(folder, sizeof(folder), "/proc/%d/root/proc/1", inner_pid);
	for (int target = OUTSIDE; target <= OF_DEEPER; target++)
		if (fds[target] >= 0)
			fact_fdinfo_in(folder, from_host[target], fds[target]);
}

void confirm_nested(int round)
{
	int outside_integer = 0, inner_integer = 0, before = fds_now();
	struct attempt request = {
		.fact = "outside", .flags = CLONE_PIDFD | SIGCHLD, .integer = &outside_integer,
		.cue = END_OUTSIDE,
	};

	(void)round;
	struct made outside = attempt(&request);
	outside_fd = outside.fd;
	/* The child reads its copy of this variable, so it is set before the call. */
	inner_fd = (int)BARE(SYS_dup, 0);
	BARE(SYS_close, inner_fd);
	struct made inner = nest("inner", &inner_integer, live_inner);
	inner_fd = inner.fd;
	give(INNER_MADE, 1);
	if (inner.pid > 0 && await(INNER_READY)) {
		look_everywhere(LOOK);
		look_from_outside(inner.pid);
		give(END_OUTSIDE, 1);
		BARE(SYS_waitid, P_PID, outside.pid, 0, WEXITED | WNOWAIT);
		tell(DEEPER, LEAVE);
		tell_poll("deeper-ends", deeper_fd(), NOTHING, 5000);
		look_everywhere(LOOK_ZOMBIES);
		take_away(outside.pid);
		tell(INNER, REAP);
		look_everywhere(LOOK_REAPED);
		tell(INNER, LEAVE);
		BARE(SYS_close, deeper_fd());
		BARE(SYS_waitid, P_PID, inner.pid, 0, WEXITED | WNOWAIT);
		fact_fdinfo("host-inner-zombie", inner_fd, inner.pid);
		take_away(inner.pid);
		fact_fdinfo("host-inner-reaped", inner_fd, inner.pid);
	} else {
		give(END_OUTSIDE, 1);
		take_away(outside.pid);
		if (inner.pid > 0)
			take_away(inner.pid);
	}
	BARE(SYS_close, inner_fd);
	BARE(SYS_close, outside_fd);
	tell_left("left", before);
}

void confirm_fdinfo(int round)
{
	int integer = 0, end = 1;
	struct attempt request = {
		.fact = "clone", .flags = CLONE_PIDFD | SIGCHLD, .integer = &integer, .cue = end,
	};

	(void)round;
	struct made made = attempt(&request);
	if (made.pid < 0 || made.fd < 0)
		return;
	fact_fdinfo("alive", made.fd, made.pid);
	give(end, 1);
	BARE(SYS_waitid, P_PID, made.pid, 0, WEXITED | WNOWAIT);
	fact_fdinfo("zombie", made.fd, made.pid);
	take_away(made.pid);
	fact_fdinfo("reaped", made.fd, made.pid);
	BARE(SYS_close, made.fd);
}
