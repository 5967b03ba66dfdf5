/* Numbers of pidfds that are closed more than once, or by another thread than the one that opened them. */
#define _GNU_SOURCE
#include "software.h"
#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* What the second thread closes, or -1 when it is to end; what close(2) said of it. */
static struct {
	pthread_barrier_t ask, answer;
	int fd, error;
} closer;

static void *close_what_is_asked(void *nothing)
{
	for (;;) {
		pthread_barrier_wait(&closer.ask);
		if (closer.fd < 0)
			return nothing;
		closer.error = close(closer.fd) == 0 ? 0 : errno;
		pthread_barrier_wait(&closer.answer);
	}
}

static pthread_t start_closer(void)
{
	pthread_t thread;

	require(pthread_barrier_init(&closer.ask, NULL, 2) == 0, "pthread_barrier_init");
	require(pthread_barrier_init(&closer.answer, NULL, 2) == 0, "pthread_barrier_init");
	require(pthread_create(&thread, NULL, close_what_is_asked, NULL) == 0, "pthread_create");
	return thread;
}

static int close_there(int fd)
{
	closer.fd = fd;
	pthread_barrier_wait(&closer.ask);
	pthread_barrier_wait(&closer.answer);
	return closer.error;
}

static void end_closer(pthread_t thread)
{
	closer.fd = -1;
	pthread_barrier_wait(&closer.ask);
	pthread_join(thread, NULL);
}

/* This thread opens and closes each; the other closes the number again, which is free. */
void close_again_when_empty(int many)
{
	pthread_t thread = start_closer();

	for (int i = 0; i < many; i++) {
		int fd = open_pidfd(getpid());

		require(close(fd) == 0, "close");
		require(close_there(fd) == EBADF, "EBADF");
	}
	end_closer(thread);
	told(0, 0);
}

/* The other thread closes each; then this one's eventfd has the number, and the other closes it again. */
void close_again_when_reused(int many)
{
	pthread_t thread = start_closer();

	for (int i = 0; i < many; i++) {
		int fd = open_pidfd(getpid());

		require(close_there(fd) == 0, "close");
		require(eventfd(0, EFD_CLOEXEC) == fd, "eventfd");
		require(close_there(fd) == 0, "close of another file");
	}
	end_closer(thread);
	told(0, 0);
}

/* This thread opens each, and the other closes it, once: that is right. The number is the same again and again. */
void close_in_another_thread(int many)
{
	pthread_t thread = start_closer();

	for (int i = 0; i < many; i++)
		require(close_there(open_pidfd(getpid())) == 0, "close");
	end_closer(thread);
	told(0, 0);
}
