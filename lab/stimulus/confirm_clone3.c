/* What clone3 says about its arguments, and what the younger flags do. */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "confirm.h"
#include "confirm_calls.h"

/* Since Linux 7.1; the headers of Debian 12 are older. */
#define FLAG_AUTOREAP (1ULL << 34)
#define FLAG_NNP (1ULL << 35)
#define FLAG_AUTOKILL (1ULL << 36)
#define FLAG_EMPTY_MNTNS (1ULL << 37)
#define FLAG_OF_NOBODY (1ULL << 52) /* the highest that is exact as a number of JSON */

#define NO_SIGNAL 65 /* one more than there are */
#define NOBODY 65534

/* Arguments may take a page at most. */
static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* A call whose arguments take so many bytes, the last of them this one. What
 * comes of it ends at once. */
static void try_args(const char *name, struct clone_args args, size_t size, unsigned char last)
{
	unsigned char *room = mmap(NULL, 2 * page_size(), PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct fact *fact = fact_new(name, "clone3");

	if (room == MAP_FAILED)
		return;
	*(struct clone_args *)room = args;
	if (last != 0)
		room[size - 1] = last;
	fact->flags = args.flags;
	fact->has_flags = true;
	fact_from(fact);
	long ret = BARE(SYS_clone3, as_word(room), (long)size);
	if (ret == 0)
		raw_exit(0);
	fact_to(fact, ret);
	munmap(room, 2 * page_size());
	if (ret < 0) {
		fact->has_child = has_child();
		return;
	}
	fact->target_pid = (int)ret;
	take_away((int)ret);
}

static void arguments(void)
{
	const struct clone_args plain = { .exit_signal = SIGCHLD };
	struct clone_args args = plain;

	try_args("plain", args, sizeof(args), 0);
	args.flags = FLAG_OF_NOBODY;
	try_args("unknown-flag", args, sizeof(args), 0);
	args.flags = SIGCHLD;
	try_args("signal-in-flags", args, sizeof(args), 0);
	args = plain;
	args.exit_signal = NO_SIGNAL;
	try_args("no-such-signal", args, sizeof(args), 0);
	args = plain;
	args.flags = CLONE_PARENT;
	try_args("parent-and-signal", args, sizeof(args), 0);
	args = plain;
	try_args("size-of-the-first", args, CLONE_ARGS_SIZE_VER0, 0);
	try_args("size-below-the-first", args, CLONE_ARGS_SIZE_VER0 - 8, 0);
	try_args("size-of-a-page", args, page_size(), 0);
	try_args("end-is-not-zero", args, page_size(), 1);
	try_args("size-above-a-page", args, 2 * page_size(), 0);
}

/* A child that lives until it has been described: one that nobody needs to
 * wait for would be gone by then. */
static void try_flags(const char *name, uint64_t flags)
{
	int integer = 0;
	struct attempt request = {
		.fact = name, .clone3 = true, .flags = CLONE_PIDFD | flags, .integer = &integer,
		.cue = 1,
	};

	give(request.cue, 0);
	attempt_once(&request);
}

/* Nobody needs to wait for it, so it is gone as soon as it has ended. */
static void await_end(int pid)
{
	struct timespec moment = { .tv_nsec = 1000 * 1000 };

	for (int ms = 0; ms < PATIENCE_MS / 2 && BARE(SYS_kill, pid, 0) == 0; ms++)
		BARE(SYS_nanosleep, as_word(&moment), 0);
}

/* The child has to end when its pidfd does; the second one tells. */
static void autokill(void)
{
	int integer = 0, end = 1;
	struct attempt request = {
		.fact = "autokill", .clone3 = true, .integer = &integer, .cue = end,
		.flags = CLONE_PIDFD | FLAG_AUTOKILL | FLAG_AUTOREAP | FLAG_NNP,
	};

	give(end, 0);
	struct made made = attempt(&request);
	if (made.fd >= 0) {
		long other = BARE(SYS_pidfd_open, made.pid, 0);
		tell_close("autokill-close", made.fd, made.pid);
		if (other >= 0) {
			await_end(made.pid);
			tell_poll("autokill-closed", (int)other, made.pid, 0);
			BARE(SYS_close, other);
		}
	}
	give(end, 1);
	if (made.pid > 0)
		take_away(made.pid);
}

/* Who may gain privileges may not have a child of which a file disposes. */
static void autokill_as_nobody(void)
{
	if (BARE(SYS_geteuid) == 0 && BARE(SYS_setresuid, NOBODY, NOBODY, NOBODY) != 0)
		return;
	try_flags("autokill-nobody", FLAG_AUTOKILL | FLAG_AUTOREAP);
}

void confirm_clone3(int round)
{
	int integer = 0;
	struct attempt old = {
		.fact = "no-such-signal", .flags = CLONE_PIDFD | NO_SIGNAL, .integer = &integer,
	};

	(void)round;
	arguments();
	attempt_once(&old);
	try_flags("autoreap", FLAG_AUTOREAP);
	try_flags("autoreap-and-signal", FLAG_AUTOREAP | SIGCHLD);
	try_flags("no-new-privileges", FLAG_NNP | SIGCHLD);
	try_flags("autokill-alone", FLAG_AUTOKILL | SIGCHLD);
	autokill();
	in_child(autokill_as_nobody);
	try_flags("empty-mount-namespace", FLAG_EMPTY_MNTNS | SIGCHLD);
}
