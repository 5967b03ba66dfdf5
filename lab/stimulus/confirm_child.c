/* What the child finds in its own table. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "confirm.h"
#include "confirm_calls.h"

enum { NUMBER = 1, LOOKED = 2, END = 3 };

/* The names of the facts of one child. */
struct look {
	const char *open, *walk, *fcntl;
};

static const struct look *look;

/* The descriptors that /proc/self/fd has, but for that of the folder itself;
 * the numbers of the fact are those of pidfds. */
static void walk(const char *name)
{
	struct fact *fact = fact_new(name, "walk");
	char link[64];

	fact->open_fds_after = 0;
	fact->has_numbers = true;
	fact_from(fact);
	DIR *folder = opendir("/proc/self/fd");
	int error = errno;
	struct dirent *entry;
	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		int fd = atoi(entry->d_name);
		if (entry->d_name[0] == '.' || fd == dirfd(folder))
			continue;
		fact->open_fds_after++;
		ssize_t length = readlinkat(dirfd(folder), entry->d_name, link, sizeof(link) - 1);
		link[length > 0 ? length : 0] = '\0';
		if (strstr(link, "[pidfd]") != NULL)
			fact_number(fact, fd);
	}
	if (folder != NULL)
		closedir(folder);
	fact_to(fact, folder == NULL ? -error : 0);
}

/* The number in the parent's integer comes by a cue, one higher than it is:
 * the child's own integer may be a copy from before the call. By then the
 * parent has counted its descriptors, which may be the child's as well. */
static void look_around(void)
{
	await(NUMBER);
	tell_open(look->open, "/dev/null");
	walk(look->walk);
	tell_fcntl(look->fcntl, cue_value(NUMBER) - 1);
	give(LOOKED, 1);
}

static void try_table(const char *fact, uint64_t flags, const struct look *names)
{
	int integer = 0;
	struct attempt request = {
		.fact = fact, .flags = flags | SIGCHLD, .integer = &integer, .cue = END,
		.child = look_around,
	};

	look = names;
	for (int cue = NUMBER; cue <= END; cue++)
		give(cue, 0);
	struct made made = attempt(&request);
	/* Without a pidfd it is the lowest free number that is asked about. */
	int lowest = (int)BARE(SYS_dup, 0);
	BARE(SYS_close, lowest);
	give(NUMBER, 1 + (made.fd >= 0 ? made.fd : lowest));
	if (made.pid > 0)
		await(LOOKED);
	give(END, 1);
	if (made.fd >= 0)
		BARE(SYS_close, made.fd);
	if (made.pid > 0)
		take_away(made.pid);
}

void confirm_child(int round)
{
	static const struct look none = { "without-open", "without-walk", "without-fcntl" };
	static const struct look apart = { "apart-open", "apart-walk", "apart-fcntl" };
	static const struct look shared = { "shared-open", "shared-walk", "shared-fcntl" };

	(void)round;
	try_table("without", 0, &none);
	try_table("apart", CLONE_PIDFD, &apart);
	try_table("shared", CLONE_PIDFD | CLONE_FILES, &shared);
}
