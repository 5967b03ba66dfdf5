/* Descriptors in messages between sockets of one machine. */
#ifndef STIMULUS_MESSAGES_H
#define STIMULUS_MESSAGES_H

struct pair {
	int ends[2];
};

/* Both ends are of one process, and close-on-exec. */
struct pair pair_open(void);
void pair_close(struct pair pair);

/* A message of one byte with so many descriptors (up to 4). */
void send_fds(int socket, const int *fds, int count);

/* The control data of a message: how many integers of that kind arrived, and
 * the integers. There is room for no more of them than room (up to 4) says. */
int receive_ints(int socket, int kind, int *values, int room, int flags);

#endif
