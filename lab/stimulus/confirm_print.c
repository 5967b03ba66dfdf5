/* How facts look on stdout: one JSON object a line. Every field is always
 * there. */
#include <inttypes.h>
#include <stdio.h>

#include "confirm_facts.h"
#include "report_print.h"

static void print_number(const char *name, int value)
{
	if (value == NOTHING)
		printf(",\"%s\":null", name);
	else
		printf(",\"%s\":%d", name, value);
}

/* A 64-bit number does not survive as a number of JSON. */
static void print_long(const char *name, uint64_t value)
{
	if (value == 0)
		printf(",\"%s\":null", name);
	else
		printf(",\"%s\":\"%" PRIu64 "\"", name, value);
}

static void print_text(const char *name, const char *text)
{
	printf(",\"%s\":", name);
	if (text[0] == '\0')
		printf("null");
	else
		print_sentence(text);
}

static void print_numbers(const struct fact *fact)
{
	if (!fact->has_numbers) {
		printf(",\"numbers\":null");
		return;
	}
	printf(",\"numbers\":[");
	for (int i = 0; i < fact->number_count; i++)
		printf("%s%d", i == 0 ? "" : ",", fact->numbers[i]);
	putchar(']');
}

static void print_counts(const struct fact *fact)
{
	const char *comma = "";

	if (!fact->has_counts) {
		printf(",\"errnos\":null");
		return;
	}
	printf(",\"errnos\":{");
	for (int error = 0; error < ERRNOS; error++) {
		if (fact->counts[error] == 0)
			continue;
		printf("%s\"%d\":%" PRIu32, comma, error, fact->counts[error]);
		comma = ",";
	}
	putchar('}');
}

static void print_fact(const char *scenario, const struct fact *fact)
{
	printf("{\"scenario\":\"%s\",\"fact\":\"%s\",\"call\":\"%s\"", scenario, fact->name,
	       fact->call);
	print_number("round", fact->round);
	print_number("pid", fact->pid);
	print_number("tid", fact->tid);
	print_long("from_ns", fact->from_ns);
	print_long("to_ns", fact->to_ns);
	if (fact->has_flags)
		printf(",\"flags\":%" PRIu64, fact->flags);
	else
		printf(",\"flags\":null");
	print_number("ret", fact->has_result ? fact->ret : NOTHING);
	print_number("errno", fact->has_result ? fact->error : NOTHING);
	print_number("target_pid", fact->target_pid);
	print_number("integer_before", fact->integer_before);
	print_number("integer_after", fact->integer_after);
	print_number("parent_tid", fact->parent_tid);
	print_number("open_fds_before", fact->open_fds_before);
	print_number("open_fds_after", fact->open_fds_after);
	print_number("has_child", fact->has_child);
	print_number("fd", fact->fd);
	print_number("fd_flags", fact->fd_flags);
	print_number("fl_flags", fact->fl_flags);
	print_number("mode", fact->mode);
	print_long("ino", fact->ino);
	print_long("dev", fact->dev);
	print_text("link", fact->link);
	print_text("fdinfo", fact->fdinfo);
	print_number("timeout_ms", fact->timeout_ms);
	print_number("events", fact->events);
	print_number("revents", fact->revents);
	print_number("si_pid", fact->ended_pid);
	print_number("si_code", fact->ended_code);
	print_number("si_status", fact->ended_status);
	print_numbers(fact);
	print_counts(fact);
	printf("}\n");
}

void facts_print(const char *scenario)
{
	uint32_t count = shelf->used < FACTS_MAX ? shelf->used : FACTS_MAX;

	for (uint32_t i = 0; i < count; i++)
		print_fact(scenario, &shelf->facts[i]);
}
