/* Pidfds of the peers of connections, kept for as long as the connections, or for ever. */
#define _GNU_SOURCE
#include "software.h"
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Since Linux 6.5; the C library of the build machine may not know it. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static struct sockaddr_un address(socklen_t *length)
{
	struct sockaddr_un it = { .sun_family = AF_UNIX };
	/* A name that is no file: it begins with a zero byte. */
	int size = snprintf(it.sun_path + 1, sizeof(it.sun_path) - 1, "trace-clone-peers-%d", getpid());

	*length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)size);
	return it;
}

static void connect_and_wait(const struct sockaddr_un *to, socklen_t length)
{
	char byte;
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	require(connect(server, (const struct sockaddr *)to, length) == 0, "connect");
	/* Until the server closes the connection. */
	while (read(server, &byte, 1) > 0)
		;
	_exit(0);
}

static int start_listening(struct sockaddr_un *name, socklen_t *length)
{
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*name = address(length);
	require(bind(listener, (struct sockaddr *)name, *length) == 0, "bind");
	require(listen(listener, 1) == 0, "listen");
	return listener;
}

/* Accepts the connection of a new client, and asks who that is; returns the connection. */
static int accept_client(int listener, const struct sockaddr_un *name, socklen_t length, pid_t *client)
{
	int pidfd;
	socklen_t size = sizeof(pidfd);

	*client = fork();
	require(*client >= 0, "fork");
	if (*client == 0) {
		/* The copies of the pidfds of its fork. */
		require(syscall(SYS_close_range, 3, ~0U, 0) == 0, "close_range");
		connect_and_wait(name, length);
	}
	int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	require(connection >= 0, "accept4");
	require(getsockopt(connection, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) == 0, "SO_PEERPIDFD");
	return connection;
}

/* Each connection is closed, and its peer ends; the pidfds stay. */
void keep_peers(int many)
{
	struct sockaddr_un name;
	socklen_t length;
	int listener = start_listening(&name, &length);
	pid_t client;

	for (int i = 0; i < many; i++) {
		close(accept_client(listener, &name, length, &client));
		require(waitpid(client, NULL, 0) == client, "waitpid");
	}
	told(many, many);
}

/* As a bus should: it knows who its peers are for as long as they are connected. */
void serve_peers(int many)
{
	struct sockaddr_un name;
	socklen_t length;
	int listener = start_listening(&name, &length);
	pid_t client;

	for (int i = 0; i < many; i++)
		accept_client(listener, &name, length, &client);
	told(many, 0);
}
