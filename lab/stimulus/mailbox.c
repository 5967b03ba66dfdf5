#define _GNU_SOURCE
#include "mailbox.h"

#include <linux/futex.h>
#include <time.h>

#include "syscalls.h"

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool word_wait(int *word, int value, int limit_ms)
{
	long end = now_ms() + limit_ms;

	while (word_get(word) == value) {
		long left = end - now_ms();
		if (left <= 0)
			return false;
		struct timespec time = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };
		syscall(SYS_futex, word, FUTEX_WAIT, value, &time, NULL, 0);
	}
	return true;
}

void word_set(int *word, int value)
{
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, word, FUTEX_WAKE, 1 << 30, NULL, NULL, 0);
}

int word_get(const int *word)
{
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}
