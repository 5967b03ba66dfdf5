/* A pidfd is made, is used by nobody, and is closed. */
#include <errno.h>
#include <string.h>

#include "calls.h"
#include "report.h"
#include "scenario.h"

static struct birth create(int round, bool clone3)
{
	struct clone_request request = { .clone3 = clone3, .flags = CLONE_PIDFD | SIGCHLD };

	return call_clone(round, &request);
}

static void close_then_reap(int round, bool clone3)
{
	struct birth birth = create(round, clone3);

	call_close(round, birth.fd, birth.pid);
	call_wait(round, birth.pid);
}

static void reap_then_close(int round, bool clone3)
{
	struct birth birth = create(round, clone3);

	call_wait(round, birth.pid);
	call_close(round, birth.fd, birth.pid);
}

void round_clone(int round)
{
	close_then_reap(round, false);
}

static void round_clone3(int round)
{
	close_then_reap(round, true);
}

static void round_clone_reap_first(int round)
{
	reap_then_close(round, false);
}

static void round_clone3_reap_first(int round)
{
	reap_then_close(round, true);
}

static void round_pidfd_open(int round)
{
	struct gate gate;
	if (!gate_open(&gate))
		return;
	struct clone_request request = { .flags = SIGCHLD, .gate = &gate };
	struct birth birth = call_clone(round, &request);

	if (birth.pid > 0)
		call_close(round, call_pidfd_open(round, birth.pid, 0, 0), birth.pid);
	gate_release(&gate);
	call_wait(round, birth.pid);
}

static void round_pidfd_open_zombie(int round)
{
	struct clone_request request = { .flags = SIGCHLD };
	struct birth birth = call_clone(round, &request);
	long ret;

	if (birth.pid < 0)
		return;
	/* WNOWAIT leaves the zombie; it only tells that there is one now. */
	do
		ret = raw_waitid(birth.pid, NULL, WEXITED | WNOWAIT);
	while (ret < 0 && errno == EINTR);
	if (ret < 0)
		unexpected("cannot wait for the zombie: %s", strerror(errno));
	call_close(round, call_pidfd_open(round, birth.pid, 0, 0), birth.pid);
	call_wait(round, birth.pid);
}

/* The child stays alive until all its pidfds are closed, so that its struct
 * pid loses nothing but these references in the meantime. */
static void several_pidfds(int round, int more)
{
	struct gate gate;
	if (!gate_open(&gate))
		return;
	struct clone_request request = { .flags = CLONE_PIDFD | SIGCHLD, .gate = &gate };
	struct birth birth = call_clone(round, &request);
	int fds[3] = { birth.fd, -1, -1 };

	for (int i = 1; i <= more && birth.pid > 0; i++)
		fds[i] = call_pidfd_open(round, birth.pid, 0, 0);
	for (int i = 0; i <= more; i++)
		call_close(round, fds[i], birth.pid);
	gate_release(&gate);
	call_wait(round, birth.pid);
}

static void round_two_pidfds(int round)
{
	several_pidfds(round, 1);
}

static void round_three_pidfds(int round)
{
	several_pidfds(round, 2);
}

const struct scenario scenarios_create[] = {
	{ "clone", "clone with CLONE_PIDFD, close, reap", round_clone, NULL },
	{ "clone-reap-first", "clone with CLONE_PIDFD, reap, close", round_clone_reap_first, NULL },
	{ "clone3", "clone3 with CLONE_PIDFD, close, reap", round_clone3, NULL },
	{ "clone3-reap-first", "clone3 with CLONE_PIDFD, reap, close", round_clone3_reap_first, NULL },
	{ "pidfd-open", "pidfd_open of a live child, close, reap", round_pidfd_open, NULL },
	{ "pidfd-open-zombie", "pidfd_open of a zombie, close, reap", round_pidfd_open_zombie, NULL },
	{ "two-pidfds", "CLONE_PIDFD and one pidfd_open of a live child", round_two_pidfds, NULL },
	{ "three-pidfds", "CLONE_PIDFD and two pidfd_open of a live child", round_three_pidfds, NULL },
	{ NULL, NULL, NULL, NULL },
};
