/* One io_uring, used for one request at a time, without liburing. */
#ifndef STIMULUS_URING_H
#define STIMULUS_URING_H

#include <linux/io_uring.h>

struct uring {
	int fd; /* -1 when there is none */
	unsigned int *tail, *mask, *array;
	unsigned int *done_head, *done_tail, *done_mask;
	struct io_uring_sqe *requests;
	struct io_uring_cqe *results;
};

/* False, with errno, when this kernel has no io_uring or does not allow it. */
int uring_open(struct uring *ring);

/* Does one request and returns its result, negative errno included. */
int uring_do(struct uring *ring, const struct io_uring_sqe *request);

/* Both return 0, or -1 with errno. */
int uring_register(const struct uring *ring, int *fds, unsigned int count);
int uring_unregister(const struct uring *ring);

#endif
