#define _GNU_SOURCE
#include "uring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "stage.h"
#include "syscalls.h"

#define ENTRIES 4

static char *map_ring(int fd, size_t size, uint64_t offset)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
			    (off_t)offset);

	if (memory == MAP_FAILED)
		wrong("io_uring's memory cannot be mapped: %s", strerror(errno));
	return memory;
}

int uring_open(struct uring *ring)
{
	struct io_uring_params params;

	memset(&params, 0, sizeof(params));
	ring->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &params);
	if (ring->fd < 0)
		return 0;
	size_t size = params.sq_off.array + params.sq_entries * sizeof(unsigned int);
	char *asked = map_ring(ring->fd, size, IORING_OFF_SQ_RING);
	size = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);
	char *done = map_ring(ring->fd, size, IORING_OFF_CQ_RING);
	size = params.sq_entries * sizeof(struct io_uring_sqe);
	ring->requests = (void *)map_ring(ring->fd, size, IORING_OFF_SQES);
	ring->tail = (void *)(asked + params.sq_off.tail);
	ring->mask = (void *)(asked + params.sq_off.ring_mask);
	ring->array = (void *)(asked + params.sq_off.array);
	ring->done_head = (void *)(done + params.cq_off.head);
	ring->done_tail = (void *)(done + params.cq_off.tail);
	ring->done_mask = (void *)(done + params.cq_off.ring_mask);
	ring->results = (void *)(done + params.cq_off.cqes);
	return 1;
}

int uring_do(struct uring *ring, const struct io_uring_sqe *request)
{
	unsigned int slot = *ring->tail & *ring->mask, head = *ring->done_head;

	ring->requests[slot] = *request;
	ring->array[slot] = slot;
	__atomic_store_n(ring->tail, *ring->tail + 1, __ATOMIC_RELEASE);
	must(syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0),
	     "io_uring_enter");
	if (__atomic_load_n(ring->done_tail, __ATOMIC_ACQUIRE) == head)
		wrong("io_uring_enter came back without a result");
	int result = ring->results[head & *ring->done_mask].res;
	__atomic_store_n(ring->done_head, head + 1, __ATOMIC_RELEASE);
	return result;
}

int uring_register(const struct uring *ring, int *fds, unsigned int count)
{
	return (int)syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_FILES, fds, count);
}

int uring_unregister(const struct uring *ring)
{
	return (int)syscall(SYS_io_uring_register, ring->fd, IORING_UNREGISTER_FILES, NULL, 0);
}
