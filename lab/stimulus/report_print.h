/* How the report looks on stdout: one JSON object a line. */
#ifndef STIMULUS_REPORT_PRINT_H
#define STIMULUS_REPORT_PRINT_H

#include "report.h"

/* Shared between all processes of a scenario. */
struct report {
	uint32_t used; /* may exceed capacity when the report overflowed */
	uint32_t capacity;
	int rounds; /* rounds that were finished */
	int verdict;
	char why[256]; /* set once, with the verdict */
	struct record records[];
};

void print_record(const struct record *record, bool with_comm);
/* As a JSON string; every byte outside of printable ASCII is escaped. */
void print_sentence(const char *text);
void print_last_line(const char *scenario, const struct report *report);

#endif
