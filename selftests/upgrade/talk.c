// SPDX-License-Identifier: GPL-2.0-only
/*
 * talk SOCKET: says a letter each time that it reads a line, and "same" if the letter comes
 * back on the connection that it has had since it began.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char line[16], letter;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[argc - 1]);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "connect");
	while (fgets(line, sizeof(line), stdin)) {
		letter = 0;
		if (write(fd, line, 1) != 1 || read(fd, &letter, 1) != 1 || letter != line[0])
			err(1, "the connection is lost");
		puts("same");
		fflush(stdout);
	}
	return 0;
}
