/* Files that are under way in a message, when no slot may have them. */
#define _GNU_SOURCE
#include <sys/socket.h>

#include "messages.h"
#include "players.h"
#include "scenario.h"

/* Receives so many descriptors with room for so many. */
static void take(int socket, int *fds, int room, int flags, int expected)
{
	int found = receive_ints(socket, SCM_RIGHTS, fds, room, flags);

	if (found != expected)
		wrong("%d descriptors arrived, not %d", found, expected);
}

static void receive_twice(const struct pair *pair)
{
	int fds[4];

	take(pair->ends[1], fds, 1, MSG_PEEK, 1);
	snapshot("scm-peeked");
	take(pair->ends[1], fds + 1, 1, MSG_CMSG_CLOEXEC, 1);
	snapshot("scm-received");
	raw_exit(0);
}

/* Sent by one process, closed there, received twice by another. */
static void scm_received(struct target target)
{
	struct pair pair = pair_open();
	int fd = open_pidfd(target.pid);

	send_fds(pair.ends[0], &fd, 1);
	snapshot("scm-sent");
	close_fd(fd);
	snapshot("scm-under-way");
	int receiver = fork_player(0);
	if (receiver == 0)
		receive_twice(&pair);
	reap(receiver);
	snapshot("scm-receiver-ends");
	pair_close(pair);
}

static void scm_two(struct target target, struct target second)
{
	struct pair pair = pair_open();
	int fds[4] = { open_pidfd(target.pid), open_pidfd(second.pid) };

	send_fds(pair.ends[0], fds, 2);
	close_fd(fds[0]);
	close_fd(fds[1]);
	take(pair.ends[1], fds, 2, 0, 2);
	snapshot("scm-two");
	/* The same file twice in one message. */
	fds[2] = fds[0];
	send_fds(pair.ends[0], fds, 3);
	close_fd(fds[0]);
	close_fd(fds[1]);
	/* There is room for one; the kernel drops the others. */
	take(pair.ends[1], fds, 1, 0, 1);
	snapshot("scm-truncated");
	close_fd(fds[0]);
	pair_close(pair);
}

static void scm_dropped(struct target target)
{
	struct pair pair = pair_open();
	int fd = open_pidfd(target.pid);

	send_fds(pair.ends[0], &fd, 1);
	close_fd(fd);
	snapshot("scm-not-received");
	pair_close(pair);
	snapshot("scm-dropped");
}

static void scm_sender_gone(struct target target)
{
	struct pair pair = pair_open();
	int fd, sender = fork_player(0);

	if (sender == 0) {
		fd = open_pidfd(target.pid);
		send_fds(pair.ends[0], &fd, 1);
		raw_exit(0);
	}
	reap(sender);
	snapshot("scm-sender-gone");
	take(pair.ends[1], &fd, 1, 0, 1);
	snapshot("scm-from-gone");
	close_fd(fd);
	pair_close(pair);
}

/* The file of the message is the socket that it waits in: only the kernel's
 * collector of such circles can end it, and the pidfd beside it. */
static void scm_circle(struct target target)
{
	struct pair pair = pair_open();
	int fds[2] = { open_pidfd(target.pid), pair.ends[1] };

	send_fds(pair.ends[0], fds, 2);
	close_fd(fds[0]);
	pair_close(pair);
	/* The closing of any other socket of this kind starts the collector. */
	pair_close(pair_open());
	snapshot("scm-circle");
}

static void play_scm(void)
{
	struct target target = target_start(), second = target_start();

	scm_received(target);
	scm_two(target, second);
	scm_dropped(target);
	scm_sender_gone(target);
	scm_circle(target);
	target_end(second);
	target_end(target);
}

static void round_scm(int round)
{
	play(round, play_scm);
}

const struct scenario scenarios_scm[] = {
	{ "moves-scm", "SCM_RIGHTS: received, twice, never, in a circle", round_scm, NULL },
	{ NULL, NULL, NULL, NULL },
};
