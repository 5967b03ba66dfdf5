#include "report_print.h"

#include <inttypes.h>
#include <stdio.h>

static void print_number(const char *name, int value)
{
	if (value == NOTHING)
		printf(",\"%s\":null", name);
	else
		printf(",\"%s\":%d", name, value);
}

/* The comm is any sequence of bytes, so it goes out as hexadecimal digits. */
static void print_comm(const struct record *record, bool with_comm)
{
	if (!with_comm) {
		printf(",\"comm_hex\":null");
		return;
	}
	printf(",\"comm_hex\":\"");
	for (int i = 0; i < COMM_SIZE; i++)
		printf("%02x", record->comm[i]);
	putchar('"');
}

void print_record(const struct record *record, bool with_comm)
{
	printf("{\"round\":%d,\"call\":\"%s\"", record->round, record->call);
	print_number("tid", record->tid);
	print_number("ret", record->ret);
	print_number("errno", record->error);
	print_number("pid", record->pid);
	print_number("fd", record->fd);
	print_number("integer", record->integer);
	print_number("fd_flags", record->fd_flags);
	print_number("fl_flags", record->fl_flags);
	print_number("fdinfo_pid", record->fdinfo_pid);
	/* A 64-bit inode number does not survive in a JSON number. */
	if (record->ino != 0)
		printf(",\"ino\":\"%" PRIu64 "\"", record->ino);
	else
		printf(",\"ino\":null");
	print_number("open_fds_before", record->open_fds_before);
	print_number("open_fds_after", record->open_fds_after);
	if (record->has_flags)
		printf(",\"flags\":%" PRIu64, record->flags);
	else
		printf(",\"flags\":null");
	print_comm(record, with_comm);
	printf("}\n");
}

void print_sentence(const char *text)
{
	putchar('"');
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			printf("\\%c", byte);
		else if (byte < 0x20 || byte >= 0x7f)
			printf("\\u%04x", byte);
		else
			putchar(byte);
	}
	putchar('"');
}

void print_last_line(const char *scenario, const struct report *report)
{
	bool ok = report->verdict == VERDICT_OK;

	printf("{\"scenario\":\"%s\",\"rounds\":%d,\"ok\":%s,\"why\":", scenario,
	       report->rounds, ok ? "true" : "false");
	if (ok)
		printf("null");
	else
		print_sentence(report->why);
	printf("}\n");
}
