// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bulkhead.h"

#define DOCUMENT_MAX 65536

static int open_file(const char *file, int flags)
{
	char path[256];

	if (*file == '/')
		return open(file, flags | O_CLOEXEC);
	snprintf(path, sizeof(path), BULKHEAD_DIR "/%s", file);
	return open(path, flags | O_CLOEXEC);
}

int bh_write_bytes(const char *file, const void *bytes, size_t len)
{
	int fd = open_file(file, O_WRONLY), err = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, bytes, len);
	if (n < 0)
		err = -errno;
	else if ((size_t)n != len)
		err = -EIO;
	close(fd);
	return err;
}

int bh_write(const char *file, const char *format, ...)
{
	char text[4096];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return bh_write_bytes(file, text, len);
}

const char *bh_load_bytes(const void *bytes, size_t len)
{
	static char outcome[65536];
	int fd = open_file("load", O_RDWR);
	ssize_t n = -1;

	if (fd >= 0) {
		if (write(fd, bytes, len) < 0)
			snprintf(outcome, sizeof(outcome), "errno %d", errno);
		n = read(fd, outcome, sizeof(outcome) - 1);
		close(fd);
	}
	if (n > 0)
		outcome[n] = '\0';
	else if (fd < 0 || n < 0)
		snprintf(outcome, sizeof(outcome), "errno %d", errno);
	return outcome;
}

const char *bh_load(const char *document)
{
	return bh_load_bytes(document, strlen(document));
}

ssize_t bh_read(const char *path, char *buf, size_t size)
{
	int fd = open_file(path, O_RDONLY), err;
	size_t len = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -errno;
	while (len < size - 1 && (n = read(fd, buf + len, size - 1 - len)) > 0)
		len += n;
	err = n < 0 ? -errno : 0;
	close(fd);
	buf[len] = '\0';
	return err ? err : (ssize_t)len;
}

long bh_number(const char *file, const char *name)
{
	char text[4096], *line, *rest = text;
	size_t len = strlen(name);

	if (bh_read(file, text, sizeof(text)) < 0)
		return -1;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (!strncmp(line, name, len) && line[len] == ' ')
			return strtol(line + len, NULL, 10);
	return -1;
}

/*
 * For who explains the events later: the policy as it was, in the directory BULKHEAD_KEEP.
 * Versions begin anew when a policy was removed: of two with one version none is kept.
 * A file gets its name when it is whole, since a process that loads for ever gets killed.
 */
static void keep_policy(const char *name, long version, const char *text, int len)
{
	const char *directory = getenv("BULKHEAD_KEEP");
	char path[256], twice[256 + 8], part[256];
	int fd;

	if (!directory)
		return;
	snprintf(path, sizeof(path), "%s/%s.%ld", directory, name, version);
	snprintf(twice, sizeof(twice), "%s.twice", path);
	snprintf(part, sizeof(part), "%s/part.XXXXXX", directory);
	if (!access(twice, F_OK))
		return;
	fd = mkostemp(part, O_CLOEXEC);
	if (fd < 0)
		return;
	if (write(fd, text, len) == len && link(part, path))
		rename(path, twice);
	unlink(part);
	close(fd);
}

/* Names with a dot, such as trial.417, are those of one program anyway. */
static long first_version(const char *name)
{
	const char *first = getenv("BULKHEAD_VERSIONS");

	return first && !strchr(name, '.') ? strtol(first, NULL, 10) : 1;
}

int bh_policy(const char *name, const char *format, ...)
{
	char file[128], *text = malloc(DOCUMENT_MAX);
	long version;
	va_list args;
	int len, err;

	snprintf(file, sizeof(file), "policies/%s/info", name);
	version = bh_number(file, "version");
	version = version < 0 ? first_version(name) : version + 1;
	len = snprintf(text, DOCUMENT_MAX, "policy %s version %ld\n", name, version);
	va_start(args, format);
	len += vsnprintf(text + len, DOCUMENT_MAX - len, format, args);
	va_end(args);
	len += snprintf(text + len, DOCUMENT_MAX - len, "\nend\n");
	err = bh_write_bytes("load", text, len);
	if (!err)
		keep_policy(name, version, text, len);
	free(text);
	return err;
}

static int map_root(void)
{
	int err;

	err = bh_write("/proc/self/setgroups", "deny");
	if (!err)
		err = bh_write("/proc/self/uid_map", "0 0 1\n");
	return err ? err : bh_write("/proc/self/gid_map", "0 0 1\n");
}

/* What passes between the process that makes the environment and the act. */
struct channel {
	int go[2];
	int result[2];
};

static void run_act(const struct channel *channel, int (*act)(void *arg), void *arg)
{
	char go;
	int ret;

	/* Whoever waits for the result must see the end of it if this process dies. */
	close(channel->result[0]);
	close(channel->go[1]);
	if (read(channel->go[0], &go, 1) != 1)
		_exit(1);
	ret = act(arg);
	if (write(channel->result[1], &ret, sizeof(ret)) != sizeof(ret))
		_exit(1);
	_exit(0);
}

static int make_namespaces(int flags)
{
	if (unshare(flags))
		return -errno;
	if (flags & CLONE_NEWUSER && map_root())
		return -EPERM;
	if (flags & CLONE_NEWNS && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -errno;
	return 0;
}

/* Makes the namespaces and tells the pid of the process that lives in them. */
static void run_maker(const struct bh_env *env, const struct channel *channel, int pid_to,
		      int (*act)(void *arg), void *arg)
{
	pid_t pid;
	int status;

	if (make_namespaces(env->flags ? env->flags : CLONE_NEWPID))
		_exit(1);
	pid = fork();
	if (!pid) {
		close(pid_to);
		run_act(channel, act, arg);
	}
	if (pid < 0 || write(pid_to, &pid, sizeof(pid)) != sizeof(pid))
		_exit(1);
	close(channel->result[1]);
	close(channel->go[0]);
	close(channel->go[1]);
	if (waitpid(pid, &status, 0) != pid)
		_exit(1);
	if (WIFSIGNALED(status))
		_exit(100 + WTERMSIG(status));
	_exit(0);
}

static int bind_env(const struct bh_env *env, pid_t pid)
{
	if (!env->policy)
		return 0;
	return bh_write("bind", "policy=%s ns=%s pid=%d arm=%s", env->policy,
			env->ns ? env->ns : "pid", pid, env->arm ? env->arm : "now");
}

int bh_run(const struct bh_env *env, int (*act)(void *arg), void *arg)
{
	struct channel channel;
	int from_maker[2], status, ret = -1;
	pid_t maker, pid = -1;

	if (pipe2(channel.go, O_CLOEXEC) || pipe2(channel.result, O_CLOEXEC) ||
	    pipe2(from_maker, O_CLOEXEC))
		return -1;
	maker = fork();
	if (!maker) {
		close(from_maker[0]);
		run_maker(env, &channel, from_maker[1], act, arg);
	}
	close(from_maker[1]);
	close(channel.result[1]);
	close(channel.go[0]);
	if (read(from_maker[0], &pid, sizeof(pid)) == sizeof(pid) && !bind_env(env, pid) &&
	    write(channel.go[1], "g", 1) == 1 &&
	    read(channel.result[0], &ret, sizeof(ret)) != sizeof(ret))
		ret = -1;
	close(channel.go[1]);
	close(channel.result[0]);
	close(from_maker[0]);
	waitpid(maker, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) > 100)
		return 1000 + WEXITSTATUS(status) - 100;
	return ret;
}

int bh_confined(const char *policy, int (*act)(void *arg), void *arg)
{
	struct bh_env env = { .policy = policy };

	return bh_run(&env, act, arg);
}

int bh_execveat(int fd, const char *path, int flags)
{
	char *argv[] = { "program", NULL }, *envp[] = { NULL };
	int report[2], status, err = 0;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC))
		return errno;
	pid = fork();
	if (!pid) {
		syscall(SYS_execveat, fd, path, argv, envp, flags);
		err = errno;
		_exit(write(report[1], &err, sizeof(err)) == sizeof(err) ? 126 : 127);
	}
	close(report[1]);
	if (read(report[0], &err, sizeof(err)) != sizeof(err))
		err = 0;
	close(report[0]);
	if (waitpid(pid, &status, 0) != pid)
		return errno;
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : err;
}

int bh_exec(const char *path)
{
	return bh_execveat(AT_FDCWD, path, 0);
}

void bh_make_file(const char *path, const char *content, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, content, strlen(content)) != (ssize_t)strlen(content) ||
	    fchmod(fd, mode) || close(fd)) {
		perror(path);
		exit(1);
	}
}

void bh_make_program(const char *path)
{
	/*
	 * The smallest static x86-64 program: its header, one segment, and
	 * exit(0) in the place of the padding.
	 */
	static const unsigned char program[] = {
		0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		2, 0, 62, 0, 1, 0, 0, 0, 0x78, 0, 0x40, 0, 0, 0, 0, 0,
		0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0x40, 0, 0x38, 0, 1, 0, 0, 0, 0, 0, 0, 0,
		1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0,
		0x81, 0, 0, 0, 0, 0, 0, 0, 0x81, 0, 0, 0, 0, 0, 0, 0,
		0, 0x10, 0, 0, 0, 0, 0, 0,
		/* xor %edi,%edi; mov $60,%eax; syscall */
		0x31, 0xff, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05,
	};
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	if (fd < 0 || write(fd, program, sizeof(program)) != sizeof(program) ||
	    fchmod(fd, 0755) || close(fd)) {
		perror(path);
		exit(1);
	}
}

void bh_send_fd(int to, int fd)
{
	char byte = 'f', control[CMSG_SPACE(sizeof(fd))] = "";
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(to, &msg, 0) != 1)
		_exit(1);
}

int bh_receive_fd(int from)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(from, &msg, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

int bh_events(void)
{
	int fd = open_file("events", O_RDONLY | O_NONBLOCK);
	char drain[65536];

	while (fd >= 0 && read(fd, drain, sizeof(drain)) > 0)
		;
	return fd;
}

static const char blanks[] = { ' ', '\n', '\0' };

/* The length of the token that begins at @s: up to a blank that is not in quotes. */
static size_t token_len(const char *s)
{
	bool quoted = false;
	size_t len;

	for (len = 0; s[len] && s[len] != '\n' && (quoted || s[len] != ' '); len++) {
		if (s[len] == '\\' && s[len + 1])
			len++;
		else if (s[len] == '"')
			quoted = !quoted;
	}
	return len;
}

/* Does it say of a key no more than that there is one, or only how its value begins? */
static bool is_beginning(const char *token, size_t len)
{
	size_t i, quotes = 0;

	for (i = 0; i < len; i++) {
		if (token[i] == '\\')
			i++;
		else if (token[i] == '"')
			quotes++;
	}
	return quotes % 2 || token[len - 1] == '=';
}

/* What follows the first token of a line that is this one, or NULL. */
static const char *find_token(const char *line, const char *token, size_t len)
{
	size_t have;

	for (; *line; line += have) {
		line += strspn(line, blanks);
		have = token_len(line);
		if (have >= len && !memcmp(line, token, len) &&
		    (have == len || is_beginning(token, len)))
			return line + have;
	}
	return NULL;
}

/* Tokens are looked for whole and in the order that they stand in; any other text as it is. */
static bool has_words(const char *line, const char *words)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_";
	size_t len;

	words += strspn(words, " ");
	if (words[strspn(words, letters)] != '=')
		return strstr(line, words);
	for (; line && *words; words += len + strspn(words + len, blanks)) {
		len = token_len(words);
		line = find_token(line, words, len);
	}
	return line;
}

/* Does the caller ask for a change of the configuration, or for any verdict? */
static bool asks_for_config(va_list args)
{
	const char *word;

	while ((word = va_arg(args, const char *)) != NULL)
		if (strstr(word, "class=config"))
			return true;
	return false;
}

const char *bh_find_event(int fd, ...)
{
	static char line[65536];
	const char *word;
	bool config;
	va_list args;
	ssize_t n;

	va_start(args, fd);
	config = asks_for_config(args);
	va_end(args);

	/* A buffer that is too small for a second line gets one line at a time. */
	for (;;) {
		size_t len = 0;

		while (len < sizeof(line) - 1 && (n = read(fd, line + len, 1)) == 1)
			if (line[len++] == '\n')
				break;
		if (!len)
			return NULL;
		line[len] = '\0';
		if (!config && strstr(line, " class=config "))
			continue;
		va_start(args, fd);
		while ((word = va_arg(args, const char *)) != NULL && has_words(line, word))
			;
		va_end(args);
		if (!word)
			return line;
	}
}

int bh_opened_ns(int fd)
{
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs))
		return errno;
	return fs.f_type == NSFS_MAGIC ? 0 : EACCES;
}
