/*
 * pidfd_holder - holds pidfds in every way that a slot of an fd table can have
 * one, says which, and waits for the end of its input.
 *
 * It prints one line of numbers: its process, the parent, a process that has
 * been reaped, a pidfd of that, a copy by dup of the first of many, a process
 * that shares the fd table, a thread that has left the table, the pidfd that
 * only that one has, and then many pidfds of itself. The thread has closed the
 * second of them in its own table.
 */
#define _GNU_SOURCE
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* More than the kernel's walk hands out at once: 32 KiB, some 160 records. */
#define MANY 400

static int many[MANY];
static int own, thread_id;
static pthread_barrier_t told;

static int open_pidfd(int pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* A thread that shares the table must not be told of. */
static void *stay(void *nothing)
{
	for (;;)
		pause();
	return nothing;
}

static void *leave_table(void *nothing)
{
	/* unshare(2) of CLONE_FILES alone, from linux/sched.h. */
	syscall(SYS_unshare, CLONE_FILES);
	own = open_pidfd(getppid());
	close(many[1]);
	thread_id = (int)syscall(SYS_gettid);
	pthread_barrier_wait(&told);
	for (;;)
		pause();
	return nothing;
}

static int child(unsigned long flags)
{
	int pid = (int)syscall(SYS_clone, flags | SIGCHLD, 0UL, NULL, 0UL, 0UL);

	if (pid == 0) {
		/* However this program ends, nothing of it stays. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

int main(void)
{
	pthread_t thread;

	for (int i = 0; i < MANY; i++)
		many[i] = open_pidfd(getpid());
	int copy = dup(many[0]);
	int gone = child(0);
	int late = open_pidfd(gone);
	kill(gone, SIGKILL);
	waitpid(gone, NULL, 0);
	int sharer = child(CLONE_FILES);
	pthread_barrier_init(&told, NULL, 2);
	pthread_create(&thread, NULL, stay, NULL);
	pthread_create(&thread, NULL, leave_table, NULL);
	pthread_barrier_wait(&told);
	printf("%d %d %d %d %d %d %d %d", getpid(), getppid(), gone, late, copy, sharer, thread_id, own);
	for (int i = 0; i < MANY; i++)
		printf(" %d", many[i]);
	printf("\n");
	fflush(stdout);
	while (getchar() != EOF)
		;
	kill(sharer, SIGKILL);
	return 0;
}
