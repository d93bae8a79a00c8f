/* A disk that fails when it is told to, under a program that knows nothing of it (LD_PRELOAD).
 *
 * It stands between the program and libc for every call that touches a path below FAULTDISK_DIR, counts
 * those calls, and lets the N-th fail or kills the process there. Calls elsewhere pass through.
 *
 *   FAULTDISK_DIR    the directory; nothing below it, nothing happens
 *   FAULTDISK_KINDS  which kinds count, with commas (all that change something, where it is absent):
 *                    create write sync range rename truncate unlink mkdir · open read list stat lock
 *   FAULTDISK_ONLY   only paths that contain this count
 *   FAULTDISK_AT     the call that is struck, from 1
 *   FAULTDISK_DO     eio · enospc: it fails and does nothing. short: half of a write is written, and it says so.
 *                    kill-before · kill-after: SIGKILL instead of it, or once it is done.
 *                    torn: half of a write is written, then SIGKILL
 *   FAULTDISK_STAYS  with eio and enospc: every later call that counts fails, too
 *   FAULTDISK_TRACE  a file that gets a line for each call, tab-separated: its number (0 where it doesn't
 *                    count), kind, path below the directory, offset, length, errno. The line is written after
 *                    the call. Sends on sockets that begin with "POST " are there as well, as the kind `post`,
 *                    with their text for a path; that line is written before the send.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { CREATE, WRITE, SYNC, RANGE, RENAME, TRUNCATE, UNLINK, MKDIR, OPEN, READ, LIST, STAT, LOCK, KINDS };
static const char *const names[KINDS] = { "create", "write", "sync", "range", "rename", "truncate", "unlink",
                                          "mkdir", "open", "read", "list", "stat", "lock" };
enum act { NOTHING, FAIL, SHORT, KILL_BEFORE, KILL_AFTER, TORN };

#define FDS 4096
#define TEXT 2048
static _Atomic(char *) paths[FDS]; /* what is open below the directory */
static char dir[PATH_MAX];
static size_t dir_len;
static const char *only;
static unsigned counted = (1u << OPEN) - 1;
static unsigned long at;
static enum act act;
static int error_no, stays, trace = -1;
static atomic_ulong calls;

__attribute__((constructor)) static void start(void) {
    const char *text = getenv("FAULTDISK_DIR");
    if (!text || !*text) return;
    snprintf(dir, sizeof dir, "%s", text);
    only = getenv("FAULTDISK_ONLY");
    stays = getenv("FAULTDISK_STAYS") != NULL;
    if ((text = getenv("FAULTDISK_KINDS"))) {
        counted = 0;
        for (int kind = 0; kind < KINDS; kind++) {
            const char *found = strstr(text, names[kind]);
            size_t len = strlen(names[kind]);
            if (found && (found[len] == 0 || found[len] == ',')) counted |= 1u << kind;
        }
    }
    if ((text = getenv("FAULTDISK_AT"))) at = strtoul(text, NULL, 10);
    if ((text = getenv("FAULTDISK_DO"))) {
        if (!strcmp(text, "eio")) act = FAIL, error_no = EIO;
        if (!strcmp(text, "enospc")) act = FAIL, error_no = ENOSPC;
        if (!strcmp(text, "short")) act = SHORT;
        if (!strcmp(text, "kill-before")) act = KILL_BEFORE;
        if (!strcmp(text, "kill-after")) act = KILL_AFTER;
        if (!strcmp(text, "torn")) act = TORN;
    }
    if ((text = getenv("FAULTDISK_TRACE"))) {
        int fd = (int)syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0) abort();
        /* Out of the way of the program's own. */
        trace = fcntl(fd, F_DUPFD_CLOEXEC, 900);
        if (trace < 0) trace = fd;
        else syscall(SYS_close, fd);
    }
    dir_len = strlen(dir);
}

static void die(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

static void tell(unsigned long n, const char *kind, const char *path, long offset, long len, int error) {
    if (trace < 0) return;
    int saved = errno;
    char line[PATH_MAX + TEXT + 128];
    int size = snprintf(line, sizeof line, "%lu\t%s\t%s\t%ld\t%ld\t%d\n", n, kind, path, offset, len, error);
    syscall(SYS_write, trace, line, (size_t)size);
    errno = saved;
}

/* Whether a path lies below the directory; `out` gets the rest of it. */
static int below(int base, const char *path, char *out) {
    char whole[2 * PATH_MAX];
    if (!dir_len || !path) return 0;
    const char *known = base >= 0 && base < FDS ? atomic_load(&paths[base]) : NULL;
    if (path[0] == '/') {
        snprintf(whole, sizeof whole, "%s", path);
    } else if (base == AT_FDCWD) {
        char here[PATH_MAX];
        if (syscall(SYS_getcwd, here, sizeof here) < 0) return 0;
        snprintf(whole, sizeof whole, "%s/%s", here, path);
    } else if (known) {
        snprintf(out, PATH_MAX, "%s%s%s", known, *path ? "/" : "", path);
        return 1;
    } else {
        return 0;
    }
    if (strncmp(whole, dir, dir_len) || (whole[dir_len] && whole[dir_len] != '/')) return 0;
    snprintf(out, PATH_MAX, "%s", whole[dir_len] ? whole + dir_len + 1 : ".");
    return 1;
}

static const char *open_at(int fd) { return dir_len && fd >= 0 && fd < FDS ? atomic_load(&paths[fd]) : NULL; }

static void opened(int fd, const char *path) {
    if (fd >= 0 && fd < FDS) atomic_store(&paths[fd], path ? strdup(path) : NULL);
}

struct step {
    unsigned long n;
    enum act act;
    int error;
};

static struct step begin(enum kind kind, const char *path) {
    struct step step = { 0, NOTHING, 0 };
    if (!(counted & 1u << kind) || (only && !strstr(path, only))) return step;
    step.n = atomic_fetch_add(&calls, 1) + 1;
    if (!at || (step.n != at && !(stays && step.n > at))) return step;
    step.act = act;
    if (act == FAIL) step.error = error_no;
    if (act == KILL_BEFORE || (act == TORN && kind != WRITE)) {
        tell(step.n, names[kind], path, 0, 0, -1);
        die();
    }
    return step;
}

static void end(struct step step, enum kind kind, const char *path, long offset, long len, int error) {
    tell(step.n, names[kind], path, offset, len, error);
    if (step.act == KILL_AFTER || step.act == TORN) die();
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* The call, unless it is to fail; its answer, with errno set. */
#define CARRY_OUT(kind, path, offset, len, call) \
    ({ \
        struct step step = begin(kind, path); \
        long answer = -1; \
        int error = step.error; \
        if (!error) { \
            answer = (long)(call); \
            error = answer < 0 ? errno : 0; \
        } \
        end(step, kind, path, offset, len, error); \
        if (error) errno = error; \
        answer; \
    })

static enum kind opening(int flags) { return flags & O_CREAT ? CREATE : OPEN; }

#define OPENING(base, call) \
    char place[PATH_MAX]; \
    if (!below(base, path, place)) { \
        int fd = call; \
        opened(fd, NULL); \
        return fd; \
    } \
    int fd = (int)CARRY_OUT(opening(flags), place, 0, 0, call); \
    opened(fd, place); \
    return fd

#define MODE \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

int open(const char *path, int flags, ...) { REAL(open); MODE; OPENING(AT_FDCWD, real(path, flags, mode)); }
int open64(const char *path, int flags, ...) { REAL(open64); MODE; OPENING(AT_FDCWD, real(path, flags, mode)); }
int openat(int base, const char *path, int flags, ...) {
    REAL(openat);
    MODE;
    OPENING(base, real(base, path, flags, mode));
}
int openat64(int base, const char *path, int flags, ...) {
    REAL(openat64);
    MODE;
    OPENING(base, real(base, path, flags, mode));
}

int close(int fd) {
    REAL(close);
    opened(fd, NULL);
    return real(fd);
}

DIR *opendir(const char *path) {
    REAL(opendir);
    char place[PATH_MAX];
    DIR *list = NULL;
    if (!below(AT_FDCWD, path, place)) return real(path);
    CARRY_OUT(LIST, place, 0, 0, (list = real(path)) ? 0 : -1);
    return list;
}
int closedir(DIR *list) {
    REAL(closedir);
    opened(dirfd(list), NULL);
    return real(list);
}

/* A send on a socket, looked at before it leaves. */
static void sending(const struct iovec *parts, int count) {
    if (trace < 0 || count < 1 || parts[0].iov_len < 5 || memcmp(parts[0].iov_base, "POST ", 5)) return;
    char text[TEXT];
    size_t len = 0;
    for (int part = 0; part < count; part++) {
        const char *bytes = parts[part].iov_base;
        for (size_t n = 0; n < parts[part].iov_len && len + 1 < sizeof text; n++)
            text[len++] = bytes[n] < ' ' || bytes[n] > '~' ? ' ' : bytes[n];
    }
    text[len] = 0;
    tell(0, "post", text, 0, (long)len, 0);
}

static size_t part(enum act now, size_t len) { return now == SHORT || now == TORN ? (len + 1) / 2 : len; }

ssize_t write(int fd, const void *bytes, size_t len) {
    REAL(write);
    const char *path = open_at(fd);
    if (!path) {
        struct iovec whole = { (void *)bytes, len };
        sending(&whole, 1);
        return real(fd, bytes, len);
    }
    return CARRY_OUT(WRITE, path, -1, (long)len, real(fd, bytes, part(step.act, len)));
}
ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset) {
    REAL(pwrite);
    const char *path = open_at(fd);
    if (!path) return real(fd, bytes, len, offset);
    return CARRY_OUT(WRITE, path, offset, (long)len, real(fd, bytes, part(step.act, len), offset));
}
ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset) {
    REAL(pwrite64);
    const char *path = open_at(fd);
    if (!path) return real(fd, bytes, len, offset);
    return CARRY_OUT(WRITE, path, offset, (long)len, real(fd, bytes, part(step.act, len), offset));
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    const char *path = open_at(fd);
    if (!path) {
        sending(parts, count);
        return real(fd, parts, count);
    }
    return CARRY_OUT(WRITE, path, -1, 0, real(fd, parts, count));
}
ssize_t send(int fd, const void *bytes, size_t len, int flags) {
    REAL(send);
    struct iovec whole = { (void *)bytes, len };
    sending(&whole, 1);
    return real(fd, bytes, len, flags);
}
ssize_t sendto(int fd, const void *bytes, size_t len, int flags, const struct sockaddr *to, socklen_t to_len) {
    REAL(sendto);
    struct iovec whole = { (void *)bytes, len };
    sending(&whole, 1);
    return real(fd, bytes, len, flags, to, to_len);
}
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    REAL(sendmsg);
    sending(message->msg_iov, (int)message->msg_iovlen);
    return real(fd, message, flags);
}

#define ON_OPEN_FILE(kind, offset, len, call) \
    const char *path = open_at(fd); \
    if (!path) return call; \
    return CARRY_OUT(kind, path, offset, (long)(len), call)

ssize_t read(int fd, void *bytes, size_t len) { REAL(read); ON_OPEN_FILE(READ, -1, len, real(fd, bytes, len)); }
ssize_t pread64(int fd, void *bytes, size_t len, off64_t offset) {
    REAL(pread64);
    ON_OPEN_FILE(READ, offset, len, real(fd, bytes, len, offset));
}
int fsync(int fd) { REAL(fsync); ON_OPEN_FILE(SYNC, 0, 0, real(fd)); }
int fdatasync(int fd) { REAL(fdatasync); ON_OPEN_FILE(SYNC, 0, 0, real(fd)); }
int sync_file_range(int fd, off64_t offset, off64_t len, unsigned flags) {
    REAL(sync_file_range);
    ON_OPEN_FILE(RANGE, offset, len, real(fd, offset, len, flags));
}
int ftruncate(int fd, off_t len) { REAL(ftruncate); ON_OPEN_FILE(TRUNCATE, 0, len, real(fd, len)); }
int ftruncate64(int fd, off64_t len) { REAL(ftruncate64); ON_OPEN_FILE(TRUNCATE, 0, len, real(fd, len)); }
int flock(int fd, int how) { REAL(flock); ON_OPEN_FILE(LOCK, 0, how, real(fd, how)); }

#define ON_PATH(kind, base, call) \
    char place[PATH_MAX]; \
    if (!below(base, path, place)) return call; \
    return CARRY_OUT(kind, place, 0, 0, call)

int unlink(const char *path) { REAL(unlink); ON_PATH(UNLINK, AT_FDCWD, real(path)); }
int rmdir(const char *path) { REAL(rmdir); ON_PATH(UNLINK, AT_FDCWD, real(path)); }
int unlinkat(int base, const char *path, int flags) { REAL(unlinkat); ON_PATH(UNLINK, base, real(base, path, flags)); }
int mkdir(const char *path, mode_t mode) { REAL(mkdir); ON_PATH(MKDIR, AT_FDCWD, real(path, mode)); }
int statx(int base, const char *path, int flags, unsigned mask, struct statx *found) {
    REAL(statx);
    ON_PATH(STAT, base, real(base, path, flags, mask, found));
}

/* Told as the name that it gets; a temporary name becomes what it was for. */
int rename(const char *from, const char *path) { REAL(rename); ON_PATH(RENAME, AT_FDCWD, real(from, path)); }
int renameat(int from_base, const char *from, int base, const char *path) {
    REAL(renameat);
    ON_PATH(RENAME, base, real(from_base, from, base, path));
}
int renameat2(int from_base, const char *from, int base, const char *path, unsigned flags) {
    REAL(renameat2);
    ON_PATH(RENAME, base, real(from_base, from, base, path, flags));
}
