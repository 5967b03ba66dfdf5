/* Limits that a clone runs into before, at and after the making of its pidfd. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cgroup.h"
#include "confirm.h"
#include "confirm_calls.h"
#include "facts.h"

#define NOBODY 65534

static struct fact *try_birth(const char *fact, bool clone3, int *integer)
{
	struct attempt request = {
		.fact = fact, .clone3 = clone3, .flags = CLONE_PIDFD | SIGCHLD, .integer = integer,
	};

	*integer = 0;
	return attempt_once(&request);
}

/* A failed call of these may leave a number in the integer that is no
 * descriptor; the next one to be opened tells that nothing is reserved. */
static void try_late(const char *fact, const char *stale, const char *next, bool clone3)
{
	int integer;
	struct fact *born = try_birth(fact, clone3, &integer);

	if (born->ret < 0 && integer != 0)
		tell_fcntl(stale, integer);
	tell_open(next, "/dev/null");
}

static void at_the_limit(void)
{
	if (!cgroup_enter(&shelf->cgroup))
		return;
	for (int clone3 = 0; clone3 <= 1; clone3++)
		try_late("pids-max", "pids-max-stale", "pids-max-next", clone3);
	int integer;
	if (cgroup_limit(&shelf->cgroup, "2"))
		for (int clone3 = 0; clone3 <= 1; clone3++)
			try_birth("below-pids-max", clone3, &integer);
}

void confirm_pids_max(int round)
{
	(void)round;
	if (shelf->cgroup.path[0] == '\0' && !cgroup_create(&shelf->cgroup))
		return;
	cgroup_limit(&shelf->cgroup, "1");
	in_child(at_the_limit);
}

static struct rlimit usual;

static void raise_again(void)
{
	setrlimit(RLIMIT_NOFILE, &usual);
}

/* The limit is some numbers above the lowest that is free. */
static void leave_free(int numbers)
{
	getrlimit(RLIMIT_NOFILE, &usual);
	struct rlimit lowered = { .rlim_cur = (rlim_t)(lowest_free_fd() + numbers),
				  .rlim_max = usual.rlim_max };
	setrlimit(RLIMIT_NOFILE, &lowered);
}

void confirm_emfile(int round)
{
	(void)round;
	for (int clone3 = 0; clone3 <= 1; clone3++) {
		int integer = 0;
		struct attempt request = {
			.fact = "emfile", .clone3 = clone3, .flags = CLONE_PIDFD | SIGCHLD,
			.integer = &integer, .after = raise_again,
		};
		leave_free(0);
		attempt_once(&request);
		/* Where two steps of the kernel each took a number, one would not do. */
		request.fact = "one-number-left";
		integer = 0;
		leave_free(1);
		attempt_once(&request);
	}
	int child = quiet_child(1);
	leave_free(0);
	struct made made = tell_pidfd_open("emfile-open", child, 0);
	raise_again();
	if (made.fd >= 0)
		BARE(SYS_close, made.fd);
	give(1, 1);
	take_away(child);
}

/* A user who may not go beyond limits. Bare: libc's own would tell it to
 * threads that are not there. */
static bool become_nobody(void)
{
	return BARE(SYS_geteuid) != 0 || BARE(SYS_setresuid, NOBODY, NOBODY, NOBODY) == 0;
}

static void without_processes(void)
{
	struct rlimit none = { .rlim_cur = 0, .rlim_max = 0 };
	int integer;

	if (!become_nobody())
		return;
	setrlimit(RLIMIT_NPROC, &none);
	for (int clone3 = 0; clone3 <= 1; clone3++)
		try_birth("nproc", clone3, &integer);
}

void confirm_nproc(int round)
{
	(void)round;
	in_child(without_processes);
}

enum { NOBODY_READY = 1, FILES_GONE, FILES_TRIED };

static void without_files(void)
{
	int integer, self = (int)BARE(SYS_getpid);

	if (!become_nobody())
		return;
	give(NOBODY_READY, 1);
	await(FILES_GONE);
	for (int clone3 = 0; clone3 <= 1; clone3++)
		try_birth("enfile", clone3, &integer);
	struct made made = tell_pidfd_open("enfile-open", self, 0);
	if (made.fd >= 0)
		BARE(SYS_close, made.fd);
	give(FILES_TRIED, 1);
}

/* Writes a number that the main process writes back if we cannot. */
static long set_files_most(const char *name, const char *text)
{
	struct fact *fact = fact_new(name, "write");

	fact_from(fact);
	long file = BARE(SYS_openat, AT_FDCWD, as_word(shelf->restore_path), O_WRONLY | O_CLOEXEC);
	if (file < 0)
		return fact_to(fact, file);
	long ret = BARE(SYS_write, file, as_word(text), strlen(text));
	BARE(SYS_close, file);
	return fact_to(fact, ret);
}

void confirm_enfile(int round)
{
	static const char path[] = "/proc/sys/fs/file-max";
	long file = BARE(SYS_openat, AT_FDCWD, as_word(path), O_RDONLY | O_CLOEXEC);
	long length = BARE(SYS_read, file, as_word(shelf->restore_text),
			   sizeof(shelf->restore_text) - 1);

	(void)round;
	BARE(SYS_close, file);
	if (length <= 0)
		return;
	shelf->restore_text[length] = '\0';
	shelf->restore_text[strcspn(shelf->restore_text, "\n")] = '\0';
	long child = fork_child();
	if (child == 0) {
		without_files();
		raw_exit(0);
	}
	if (child > 0 && await(NOBODY_READY)) {
		strcpy(shelf->restore_path, path);
		if (set_files_most("file-max-lowered", "1") > 0) {
			give(FILES_GONE, 1);
			await(FILES_TRIED);
			if (set_files_most("file-max-restored", shelf->restore_text) > 0)
				shelf->restore_path[0] = '\0';
		} else {
			shelf->restore_path[0] = '\0';
		}
	}
	give(FILES_GONE, 1);
	if (child > 0)
		take_away((int)child);
}

static void in_dead_namespace(void)
{
	struct fact *fact = fact_new("unshare", "unshare");
	struct attempt init = { .fact = "init", .flags = SIGCHLD };
	int integer;

	fact->flags = CLONE_NEWPID;
	fact->has_flags = true;
	fact_from(fact);
	if (fact_to(fact, BARE(SYS_unshare, CLONE_NEWPID)) < 0)
		return;
	/* The first process of the namespace; when it has ended there is no other. */
	attempt_once(&init);
	for (int clone3 = 0; clone3 <= 1; clone3++)
		try_birth("dead-namespace", clone3, &integer);
}

void confirm_dead_namespace(int round)
{
	(void)round;
	in_child(in_dead_namespace);
}

static struct fact *try_set_tid(const char *fact, int tid, size_t times)
{
	int integer = 0;
	struct attempt request = {
		.fact = fact, .clone3 = true, .flags = CLONE_PIDFD | SIGCHLD, .integer = &integer,
		.set_tid = tid, .set_tids = times,
	};

	struct fact *told = attempt_once(&request);
	fact_number(told, tid);
	return told;
}

static void set_tid_as_nobody(void)
{
	if (become_nobody())
		try_set_tid("set-tid-nobody", 300, 1);
}

void confirm_set_tid(int round)
{
	int gone = quiet_child(0);

	(void)round;
	take_away(gone);
	try_set_tid("set-tid-free", gone, 1);
	try_set_tid("set-tid-used", (int)BARE(SYS_getpid), 1);
	try_set_tid("set-tid-0", 0, 1);
	try_set_tid("set-tid--1", -1, 1);
	/* More than there can be namespaces, and more than there are here. */
	try_set_tid("set-tid-33-times", gone, 33);
	try_set_tid("set-tid-2-times", gone, 2);
	in_child(set_tid_as_nobody);
}
