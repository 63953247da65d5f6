/* Loaded into a server before everything else (LD_PRELOAD): lets its calls on files fail as those of a broken disk do.
   What is to fail is written, by whoever runs the test, into a page of a file that both have mapped. Without libc's own
   functions for what is replaced: each call goes on to the system by itself. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { READ = 1, WRITE = 2, SYNC = 4, NAME = 8 };

/* The same in failing_disk.rs. */
struct page {
    int calls;  /* which kinds fail */
    int error;  /* with which errno */
    int left;   /* how often; below zero for ever */
    int failed; /* how often they did */
    int before; /* how many work before that */
    char path[240]; /* what their paths contain; what does not is neither failed nor noted */
};

static volatile struct page *page;
static int notes = -1;

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("FAILING_DISK"), *log = getenv("FAILING_DISK_NOTES");
    int fd = file ? syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0) : -1;
    if (fd < 0 || !log) return;
    void *mapped = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    notes = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (mapped != MAP_FAILED) page = mapped;
}

static void note(const char *what, const char *path, const char *how) {
    char line[4400];
    int length = snprintf(line, sizeof line, "%s %s %s\n", what, how, path);
    syscall(SYS_write, notes, line, length);
}

/* 1 if this call has to fail; errno is set then. */
static int fails(int kind, const char *what, const char *path) {
    if (!page || !page->path[0] || !strstr(path, (const char *)page->path)) return 0;
    int concerns = (page->calls & kind) && page->left != 0;
    int works = concerns && page->before > 0 && __sync_fetch_and_sub(&page->before, 1) > 0;
    if (!concerns || works) {
        note(what, path, "done");
        return 0;
    }
    if (page->left > 0) __sync_fetch_and_sub(&page->left, 1);
    __sync_fetch_and_add(&page->failed, 1);
    note(what, path, "failed");
    errno = page->error;
    return 1;
}

static int fails_below(int kind, const char *what, int fd, const char *end) {
    char link[32], path[4096];
    if (!page || !page->path[0]) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 2);
    if (length < 0) return 0;
    strcpy(path + length, end);
    return fails(kind, what, path);
}
static int fails_at(int kind, const char *what, int fd) { return fails_below(kind, what, fd, ""); }
/* What concerns all that is in a folder. */
static int fails_in(int kind, const char *what, int fd) { return fails_below(kind, what, fd, "/"); }

ssize_t read(int fd, void *to, size_t n) {
    return fails_at(READ, "read", fd) ? -1 : syscall(SYS_read, fd, to, n);
}
ssize_t pread64(int fd, void *to, size_t n, off_t at) {
    return fails_at(READ, "read", fd) ? -1 : syscall(SYS_pread64, fd, to, n, at);
}
ssize_t pread(int fd, void *to, size_t n, off_t at) { return pread64(fd, to, n, at); }

ssize_t write(int fd, const void *from, size_t n) {
    return fails_at(WRITE, "write", fd) ? -1 : syscall(SYS_write, fd, from, n);
}
ssize_t pwrite64(int fd, const void *from, size_t n, off_t at) {
    return fails_at(WRITE, "write", fd) ? -1 : syscall(SYS_pwrite64, fd, from, n, at);
}
ssize_t pwrite(int fd, const void *from, size_t n, off_t at) { return pwrite64(fd, from, n, at); }
ssize_t writev(int fd, const struct iovec *from, int n) {
    return fails_at(WRITE, "write", fd) ? -1 : syscall(SYS_writev, fd, from, n);
}
int ftruncate64(int fd, off_t size) {
    return fails_at(WRITE, "truncate", fd) ? -1 : syscall(SYS_ftruncate, fd, size);
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int fsync(int fd) { return fails_at(SYNC, "sync", fd) ? -1 : syscall(SYS_fsync, fd); }
int syncfs(int fd) { return fails_in(SYNC, "sync", fd) ? -1 : syscall(SYS_syncfs, fd); }
int fdatasync(int fd) { return fails_at(SYNC, "sync", fd) ? -1 : syscall(SYS_fdatasync, fd); }

static int open_at(int folder, const char *path, int flags, int mode) {
    int kind = flags & (O_CREAT | O_WRONLY | O_RDWR) ? NAME : READ;
    return fails(kind, "open", path) ? -1 : syscall(SYS_openat, folder, path, flags, mode);
}

#define WITH_MODE(flags) \
    int mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, int); \
        va_end(rest); \
    }

int open(const char *path, int flags, ...) { WITH_MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { WITH_MODE(flags) return open_at(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { WITH_MODE(flags) return open_at(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { WITH_MODE(flags) return open_at(at, path, flags, mode); }

int linkat(int a, const char *from, int b, const char *to, int flags) {
    return fails(NAME, "name", to) ? -1 : syscall(SYS_linkat, a, from, b, to, flags);
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
int rename(const char *from, const char *to) {
    return fails(NAME, "name", to) ? -1 : syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
int unlink(const char *path) {
    return fails(NAME, "unname", path) ? -1 : syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
