/*
 * What the programs share: each way to hold pidfds is one function, which says
 * what it holds by told() and does not return before the input ends.
 */
#ifndef SOFTWARE_H
#define SOFTWARE_H

#include <sys/types.h>

/* Ends the program with the name of what failed. */
void require(int ok, const char *what);

/* pidfd_open(2), or the end. */
int open_pidfd(pid_t pid);

/* In a child: closes all that the parent has, and lives until the parent is gone, or kills it. */
void live_as_child_of(pid_t parent) __attribute__((noreturn));

/* A child that lives until its parent is gone, or is told to end. */
pid_t start_child(void);

/* Ends such a child, and waits for it. */
void end_child(pid_t pid);

/* Prints how many pidfds are held, and of how many processes that have ended; then waits for the end of the input. */
void told(int pidfds, int dead);

void keep_peers(int many);
void keep_copies_of_messages(int many);
void keep_originals(int many);
void close_again_when_empty(int many);
void close_again_when_reused(int many);
void close_in_another_thread(int many);
void serve_peers(int many);
void send_to_others(int many);
void supervise(int many);
void keep_children(int many);

#endif
