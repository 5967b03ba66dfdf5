/* Files that io_uring closes, keeps without a slot, and gives a slot again. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "players.h"
#include "scenario.h"
#include "uring.h"

/* Since Linux 6.8; the headers of Debian 12 are older. */
#define OP_FIXED_FD_INSTALL 54
#define FIXED_FD_NO_CLOEXEC 1 /* IORING_FIXED_FD_NO_CLOEXEC in install_fd_flags */

static void close_by_ring(struct uring *ring, const char *name, int fd, unsigned int flags)
{
	struct io_uring_sqe request = { .opcode = IORING_OP_CLOSE, .fd = fd,
					.flags = (uint8_t)flags };
	int result = uring_do(ring, &request);

	if (result == 0) {
		snapshot(name);
		return;
	}
	skipped(name, "IORING_OP_CLOSE gave %s", strerror(-result));
	close_fd(fd);
}

/* Returns the number, or -1 when there is no such operation. */
static int install(struct uring *ring, const char *name, unsigned int flags)
{
	struct io_uring_sqe request = { .opcode = OP_FIXED_FD_INSTALL, .fd = 0,
					.flags = IOSQE_FIXED_FILE, .rw_flags = (int)flags };
	int fd = uring_do(ring, &request);

	if (fd < 0)
		skipped(name, "IORING_OP_FIXED_FD_INSTALL gave %s", strerror(-fd));
	else
		snapshot(name);
	return fd < 0 ? -1 : fd;
}

/* The caller has given the ring its file and no slot has it. */
static void play_fixed(struct uring *ring)
{
	int first = install(ring, "uring-install", 0);
	int second = first < 0 ? -1 : install(ring, "uring-install-no-cloexec", FIXED_FD_NO_CLOEXEC);

	must(uring_unregister(ring), "IORING_UNREGISTER_FILES");
	snapshot("uring-unregistered");
	if (first >= 0)
		close_fd(first);
	if (second >= 0)
		close_fd(second);
}

static void play_ring(struct uring *ring, struct target target)
{
	int fd = open_pidfd(target.pid);

	snapshot("uring-open");
	close_by_ring(ring, "uring-close", fd, 0);
	fd = open_pidfd(target.pid);
	/* A worker thread of the kernel's does it, in the caller's table. */
	close_by_ring(ring, "uring-close-async", fd, IOSQE_ASYNC);
	fd = open_pidfd(target.pid);
	must(uring_register(ring, &fd, 1), "IORING_REGISTER_FILES");
	snapshot("uring-registered");
	close_fd(fd);
	snapshot("uring-fixed");
	play_fixed(ring);
	fd = open_pidfd(target.pid);
	must(uring_register(ring, &fd, 1), "IORING_REGISTER_FILES");
	close_fd(fd);
	close_fd(ring->fd);
	snapshot("uring-ring-closed");
}

static void play_uring(void)
{
	struct target target = target_start();
	struct uring ring;

	if (uring_open(&ring))
		play_ring(&ring, target);
	else
		skipped("uring", "io_uring_setup gave %s", strerror(errno));
	target_end(target);
}

static void round_uring(int round)
{
	play(round, play_uring);
}

const struct scenario scenarios_uring[] = {
	{ "moves-uring", "io_uring closes a pidfd, keeps one, and gives it a slot", round_uring, NULL },
	{ NULL, NULL, NULL, NULL },
};
