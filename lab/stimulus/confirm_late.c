/*
 * Failures after the kernel has written the pidfd's number: clone3 into a
 * cgroup that is no cgroup, is gone, or goes at that moment, by a process that
 * may be killed at any moment.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "confirm.h"
#include "confirm_calls.h"

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#define CGROUP2_MAGIC 0x63677270
#define KILLS 50
#define LEAST_LIFE_US 500
#define MOST_LIFE_US 40000
/* Where a kernel can be preempted, a trace of the thousands of calls behind it
 * has holes, and is known to have them within a second or two only. */
#define PAUSE_MS 2500

enum { STOP = 1 };

/* Where the second version of cgroups is mounted, or null. */
static const char *cgroup2(void)
{
	static const char *const places[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs status;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (statfs(places[i], &status) == 0 && status.f_type == CGROUP2_MAGIC)
			return places[i];
	return NULL;
}

static unsigned int next_random(unsigned int *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void path_of(int number, char *path, size_t size)
{
	snprintf(path, size, "%s/%d", shelf->cgroup.path, number);
}

static long open_folder(const char *path)
{
	return BARE(SYS_openat, AT_FDCWD, as_word(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void try_late(const char *fact, const char *stale, int cgroup)
{
	int integer = 0;
	struct attempt request = {
		.fact = fact, .clone3 = true, .integer = &integer, .cgroup = cgroup,
		.flags = CLONE_PIDFD | CLONE_INTO_CGROUP | SIGCHLD,
	};
	struct fact *born = attempt_once(&request);

	if (born->ret < 0 && integer != 0)
		tell_fcntl(stale, integer);
}

static void try_places(void)
{
	char path[192];
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	path_of(0, path, sizeof(path));
	mkdir(path, 0755);
	int folder = (int)open_folder(path);
	try_late("cgroup", "cgroup-stale", folder);
	rmdir(path);
	try_late("removed-cgroup", "removed-cgroup-stale", folder);
	try_late("not-a-cgroup", "not-a-cgroup-stale", null);
	close(folder);
	close(null);
}

/* Makes and removes the cgroups as fast as it can. */
static void move_cgroups(struct fact *made, struct fact *removed)
{
	char path[192];

	for (int number = 0; cue_value(STOP) == 0; number = (number + 1) % CGROUPS) {
		path_of(number, path, sizeof(path));
		fact_count(made, BARE(SYS_mkdirat, AT_FDCWD, as_word(path), 0755));
		path_of((number + CGROUPS / 2) % CGROUPS, path, sizeof(path));
		fact_count(removed, BARE(SYS_unlinkat, AT_FDCWD, as_word(path), 0x200));
	}
	for (int number = 0; number < CGROUPS; number++) {
		path_of(number, path, sizeof(path));
		fact_count(removed, BARE(SYS_unlinkat, AT_FDCWD, as_word(path), 0x200));
	}
}

/* Clones until it is killed. Its children end at once; those that it leaves
 * become children of the main process. */
static void clone_on(struct fact *born, struct fact *opened, unsigned int seed)
{
	char path[192];

	for (;;) {
		int integer = 0;

		path_of((int)(next_random(&seed) % CGROUPS), path, sizeof(path));
		long folder = open_folder(path);
		fact_count(opened, folder);
		if (folder < 0)
			continue;
		struct clone_args args = {
			.flags = CLONE_PIDFD | CLONE_INTO_CGROUP,
			.pidfd = (uint64_t)as_word(&integer),
			.exit_signal = SIGCHLD,
			.cgroup = (uint64_t)folder,
		};
		long pid = BARE(SYS_clone3, as_word(&args), sizeof(args));
		if (pid == 0)
			raw_exit(0);
		fact_count(born, pid);
		if (pid > 0) {
			BARE(SYS_close, integer > 0 ? integer : -1);
			take_away((int)pid);
		}
		BARE(SYS_close, folder);
	}
}

static void kill_cloners(struct fact *born, struct fact *opened, int round)
{
	struct fact *killed = fact_new("loop-kill", "kill");
	unsigned int seed = random_seed(round);

	fact_number(killed, (int)seed);
	fact_from(killed);
	for (int i = 0; i < KILLS; i++) {
		unsigned int life_us =
			LEAST_LIFE_US + next_random(&seed) % (MOST_LIFE_US - LEAST_LIFE_US);
		struct timespec life = { .tv_nsec = (long)life_us * 1000 };
		long cloner = fork_child();

		if (cloner == 0)
			clone_on(born, opened, seed);
		if (cloner < 0)
			break;
		BARE(SYS_nanosleep, as_word(&life), 0);
		fact_count(killed, BARE(SYS_kill, cloner, SIGKILL));
		take_away((int)cloner);
	}
	fact_to(killed, 0);
}

static void race(int round)
{
	struct fact *born = fact_new("loop", "clone3"), *opened = fact_new("loop-open", "open");
	struct fact *made = fact_new("loop-mkdir", "mkdir");
	struct fact *removed = fact_new("loop-rmdir", "rmdir");
	struct fact *const all[] = { born, opened, made, removed };

	for (int i = 0; i < 4; i++) {
		all[i]->has_counts = true;
		fact_from(all[i]);
	}
	born->flags = CLONE_PIDFD | CLONE_INTO_CGROUP | SIGCHLD;
	born->has_flags = true;
	long mover = fork_child();
	if (mover == 0) {
		move_cgroups(made, removed);
		raw_exit(0);
	}
	if (mover > 0)
		kill_cloners(born, opened, round);
	give(STOP, 1);
	if (mover > 0)
		take_away((int)mover);
	for (int i = 0; i < 4; i++)
		fact_to(all[i], 0);
}

void confirm_into_cgroup(int round)
{
	const char *root = cgroup2();
	int before = fds_now();

	if (root == NULL) {
		cannot_run("found no cgroup of version 2");
		return;
	}
	/* Known before it is made: whoever cleans up looks whether it is there. */
	snprintf(shelf->cgroup.path, sizeof(shelf->cgroup.path), "%s/stimulus-%d", root, (int)getpid());
	if (mkdir(shelf->cgroup.path, 0755) != 0 && errno != EEXIST) {
		cannot_run("cannot make the cgroup %s: %s", shelf->cgroup.path, strerror(errno));
		return;
	}
	struct timespec pause = { .tv_sec = PAUSE_MS / 1000, .tv_nsec = PAUSE_MS % 1000 * 1000000L };

	try_places();
	BARE(SYS_nanosleep, as_word(&pause), 0);
	race(round);
	tell_left("left", before);
}
