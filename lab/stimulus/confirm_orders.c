/* Several pidfds of one process, closed in every order, while the process is
 * taken away before, between or after the closes. */
#include <linux/sched.h>

#include "confirm.h"
#include "confirm_calls.h"

#define PIDFDS_MAX 5
#define ORDERS_MAX 120 /* all of five; of more there would be a sample */

enum reap { BEFORE, BETWEEN, AFTER };

static const char *const names[][PIDFDS_MAX + 1] = {
	{ 0, "1-reap-before", "2-reap-before", "3-reap-before", "4-reap-before", "5-reap-before" },
	{ 0, "1-reap-between", "2-reap-between", "3-reap-between", "4-reap-between", "5-reap-between" },
	{ 0, "1-reap-after", "2-reap-after", "3-reap-after", "4-reap-after", "5-reap-after" },
};

/* The order with that number of so many things. */
static void nth_order(int number, int count, int *order)
{
	int left[PIDFDS_MAX];

	for (int i = 0; i < count; i++)
		left[i] = i;
	for (int rest = count; rest > 0; rest--) {
		int chosen = number % rest;

		number /= rest;
		order[count - rest] = left[chosen];
		left[chosen] = left[rest - 1];
	}
}

static void end_child(int cue, int pid)
{
	give(cue, 1);
	take_away(pid);
}

/* One life: the numbers of its fact are the descriptors in the order of their
 * closing, the counts are of the calls of close. */
static bool live_once(int count, const int *order, enum reap reap)
{
	int fds[PIDFDS_MAX], integer = 0, cue = 1;
	struct fact *fact = fact_new(names[reap][count], "close");

	give(cue, 0);
	fact_from(fact);
	long pid = BARE(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, as_word(&integer));
	if (pid == 0) {
		await(cue);
		raw_exit(0);
	}
	if (pid < 0) {
		fact_to(fact, pid);
		return false;
	}
	fact->target_pid = (int)pid;
	fds[0] = integer > 0 ? integer : -1; /* no pidfd has the number 0 */
	for (int i = 1; i < count; i++)
		fds[i] = (int)BARE(SYS_pidfd_open, pid, 0);
	if (reap == BEFORE)
		end_child(cue, (int)pid);
	for (int i = 0; i < count; i++) {
		if (reap == BETWEEN && i == (count + 1) / 2)
			end_child(cue, (int)pid);
		fact_number(fact, fds[order[i]]);
		fact_count(fact, BARE(SYS_close, fds[order[i]]));
	}
	/* One pidfd has nothing that is between. */
	if (reap == AFTER || (reap == BETWEEN && count == 1))
		end_child(cue, (int)pid);
	fact_to(fact, 0);
	return true;
}

static int orders_of(int count)
{
	int orders = 1;

	for (int i = 2; i <= count; i++)
		orders *= i;
	return orders < ORDERS_MAX ? orders : ORDERS_MAX;
}

void confirm_orders(int round)
{
	int before = fds_now(), order[PIDFDS_MAX], most = PIDFDS_MAX;
	int child = quiet_child(2);
	struct made opened = tell_pidfd_open("pidfd_open", child, 0);

	(void)round;
	if (opened.fd >= 0)
		BARE(SYS_close, opened.fd);
	else
		most = 1; /* without pidfd_open there is no second one */
	end_child(2, child);
	for (int count = 1; count <= most; count++)
		for (int number = 0; number < orders_of(count); number++)
			for (enum reap reap = BEFORE; reap <= AFTER; reap++) {
				nth_order(number, count, order);
				if (!live_once(count, order, reap))
					return;
			}
	tell_left("left", before);
}
