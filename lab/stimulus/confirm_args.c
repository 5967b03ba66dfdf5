/* What a call says about its flags and the user's integer. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "confirm.h"
#include "confirm_calls.h"

#define PIDFD (CLONE_PIDFD | SIGCHLD)
#define THREAD (CLONE_VM | CLONE_SIGHAND | CLONE_THREAD)

/* A page of its own with that protection, or null. */
static int *page(int protection)
{
	void *memory = mmap(NULL, sizeof(int), protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void try_number(const char *fact, bool clone3, int number)
{
	int integer = number;
	struct attempt request = {
		.fact = fact, .clone3 = clone3, .flags = PIDFD, .integer = &integer,
	};

	attempt_once(&request);
}

/* Only the first pidfds looked at the integer before they made anything: for
 * all others this fails as late as a read-only one. */
void confirm_unreadable(int round)
{
	(void)round;
	for (int clone3 = 0; clone3 <= 1; clone3++) {
		struct attempt request = {
			.fact = "unreadable", .clone3 = clone3, .flags = PIDFD,
			.integer = page(PROT_NONE), .hidden = true,
		};
		attempt_once(&request);
		munmap(request.integer, sizeof(int));
	}
}

void confirm_integer(int round)
{
	(void)round;
	for (int clone3 = 0; clone3 <= 1; clone3++) {
		try_number("holds-0", clone3, 0);
		try_number("holds-12345", clone3, 12345);
		/* That of standard output: a careless kernel could close it. */
		try_number("holds-1", clone3, 1);
		try_number("holds--1", clone3, -1);
	}
}

static void try_flags(const char *fact, bool clone3, uint64_t flags)
{
	int integer = 0;
	struct attempt request = {
		.fact = fact, .clone3 = clone3, .flags = flags, .integer = &integer,
	};

	/* clone3 has a pointer of its own for the thread id; clone has one for both. */
	int parent_tid = 0;
	if (clone3 && (flags & CLONE_PARENT_SETTID) != 0)
		request.parent_tid = &parent_tid;
	attempt_once(&request);
}

void confirm_conflicts(int round)
{
	(void)round;
	for (int clone3 = 0; clone3 <= 1; clone3++) {
		try_flags("pidfd", clone3, PIDFD);
		try_flags("detached", clone3, CLONE_DETACHED | SIGCHLD);
		try_flags("pidfd-detached", clone3, CLONE_DETACHED | PIDFD);
		try_flags("parent-settid", clone3, CLONE_PARENT_SETTID | SIGCHLD);
		try_flags("pidfd-parent-settid", clone3, CLONE_PARENT_SETTID | PIDFD);
		try_flags("thread", clone3, THREAD);
		try_flags("pidfd-thread", clone3, THREAD | CLONE_PIDFD);
		/* Without its companions CLONE_THREAD is refused in any case. */
		try_flags("pidfd-thread-alone", clone3, CLONE_THREAD | CLONE_PIDFD);
	}
	int integer = 0;
	struct attempt request = {
		.fact = "pidfd-parent-settid-same", .clone3 = true,
		.flags = CLONE_PARENT_SETTID | PIDFD, .integer = &integer, .parent_tid = &integer,
	};
	attempt_once(&request);
}

void confirm_page(int round)
{
	(void)round;
	for (int clone3 = 0; clone3 <= 1; clone3++) {
		int *gone = page(PROT_READ | PROT_WRITE);
		struct attempt request = {
			.fact = "writable", .clone3 = clone3, .flags = PIDFD,
			.integer = page(PROT_READ | PROT_WRITE),
		};
		attempt_once(&request);
		munmap(request.integer, sizeof(int));
		/* It can be read and holds 0, so a kernel that looks at it first
		 * gets as far as writing to it. */
		request.fact = "read-only";
		request.integer = page(PROT_READ);
		attempt_once(&request);
		munmap(request.integer, sizeof(int));
		request.fact = "null";
		request.integer = NULL;
		attempt_once(&request);
		munmap(gone, sizeof(int));
		request.fact = "unmapped";
		request.integer = gone;
		request.hidden = true;
		attempt_once(&request);
	}
}
