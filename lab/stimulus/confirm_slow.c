/* One process and its pidfds, with time between the steps: whoever watches has
 * heard of each before the next one, which may be the last on a kernel that
 * counts wrongly. */
#define _GNU_SOURCE
#include <time.h>

#include "confirm.h"
#include "confirm_calls.h"

#define PAUSE_MS 1500

enum { END = 1 };

static void rest(void)
{
	struct timespec pause = { .tv_sec = PAUSE_MS / 1000, .tv_nsec = PAUSE_MS % 1000 * 1000000L };

	BARE(SYS_nanosleep, as_word(&pause), 0);
}

void confirm_slow(int round)
{
	int integer = 0, before = fds_now();
	struct attempt request = {
		.fact = "birth", .flags = CLONE_PIDFD | SIGCHLD, .integer = &integer, .cue = END,
	};

	(void)round;
	give(END, 0);
	struct made made = attempt(&request);
	if (made.pid < 0)
		return;
	rest();
	struct made other = tell_pidfd_open("second", made.pid, 0);
	rest();
	if (other.fd >= 0)
		tell_close("second-close", other.fd, made.pid);
	rest();
	if (made.fd >= 0)
		tell_close("close", made.fd, made.pid);
	rest();
	give(END, 1);
	take_away(made.pid);
	rest();
	tell_left("left", before);
}
