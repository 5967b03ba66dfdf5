#define _GNU_SOURCE
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "report_print.h"
#include "syscalls.h"

static struct report *report;
static bool with_comm;

/* Where record_new() points its callers when the report is full, so that a
 * mistake in the bound gives a clear verdict and no stray write. */
static struct record overflow;

bool report_open(int rounds)
{
	/* Threads round the number of rounds up by less than four. */
	uint32_t capacity = ((uint32_t)rounds + 4) * RECORDS_PER_ROUND_MAX;
	size_t size = sizeof(*report) + capacity * sizeof(struct record);

	report = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (report == MAP_FAILED)
		return false;
	report->capacity = capacity;
	return true;
}

void report_with_comm(void)
{
	with_comm = true;
}

struct record *record_new(int round, const char *call)
{
	uint32_t slot = __atomic_fetch_add(&report->used, 1, __ATOMIC_RELAXED);
	struct record *record = &overflow;

	if (slot < report->capacity)
		record = &report->records[slot];
	else
		unexpected("the report is full after %u records", report->capacity);
	*record = (struct record){
		.call = call, .round = round, .tid = raw_gettid(),
		.pid = NOTHING, .fd = -1, .integer = NOTHING,
		.fd_flags = NOTHING, .fl_flags = NOTHING, .fdinfo_pid = NOTHING,
		.open_fds_before = NOTHING, .open_fds_after = NOTHING,
	};
	if (with_comm)
		prctl(PR_GET_NAME, record->comm);
	return record;
}

void report_round_done(void)
{
	__atomic_fetch_add(&report->rounds, 1, __ATOMIC_RELAXED);
}

enum verdict report_verdict(void)
{
	return (enum verdict)__atomic_load_n(&report->verdict, __ATOMIC_ACQUIRE);
}

static void decide(enum verdict verdict, const char *format, va_list arguments)
{
	int undecided = VERDICT_OK;

	if (__atomic_compare_exchange_n(&report->verdict, &undecided, (int)verdict, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		vsnprintf(report->why, sizeof(report->why), format, arguments);
}

void unexpected(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	decide(VERDICT_UNEXPECTED, format, arguments);
	va_end(arguments);
}

void cannot_run(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	decide(VERDICT_CANNOT_RUN, format, arguments);
	va_end(arguments);
}

void hangs(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	decide(VERDICT_HANGS, format, arguments);
	va_end(arguments);
}

bool report_print(const char *scenario)
{
	uint32_t count = report->used < report->capacity ? report->used : report->capacity;

	for (uint32_t slot = 0; slot < count; slot++)
		print_record(&report->records[slot], with_comm);
	print_last_line(scenario, report);
	if (report->verdict != VERDICT_OK)
		fprintf(stderr, "stimulus: %s: %s\n", scenario, report->why);
	return fflush(stdout) == 0 && ferror(stdout) == 0;
}
