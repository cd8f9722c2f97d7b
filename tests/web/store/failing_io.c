/* Preloaded into a process: makes its n-th write, fsync, truncation or rename fail.

   Only the files below WEFT_TEST_FOLDER count. fail_at(0, 0) ends it; made() says how many calls
   there were since the last fail_at. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int target, error_number, lasting;
static int count;

void fail_at(int n, int error, int on) {
    target = n;
    error_number = error;
    lasting = on;
    count = 0;
}

int made(void) { return count; }

static int watched(const char *path) {
    const char *folder = getenv("WEFT_TEST_FOLDER");
    return folder && strncmp(path, folder, strlen(folder)) == 0;
}

static int failing(void) {
    int now = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
    if (target && (now == target || (lasting && now > target))) {
        errno = error_number;
        return 1;
    }
    return 0;
}

static int failing_file(int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return 0;
    path[size] = 0;
    return watched(path) && failing();
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int f, const void *b, size_t n) {
    return failing_file(f) ? -1 : REAL(write)(f, b, n);
}
ssize_t pwrite(int f, const void *b, size_t n, off_t o) {
    return failing_file(f) ? -1 : REAL(pwrite)(f, b, n, o);
}
ssize_t pwrite64(int f, const void *b, size_t n, off64_t o) {
    return failing_file(f) ? -1 : REAL(pwrite64)(f, b, n, o);
}
int fsync(int f) { return failing_file(f) ? -1 : REAL(fsync)(f); }
int fdatasync(int f) { return failing_file(f) ? -1 : REAL(fdatasync)(f); }
int ftruncate(int f, off_t n) { return failing_file(f) ? -1 : REAL(ftruncate)(f, n); }
int ftruncate64(int f, off64_t n) { return failing_file(f) ? -1 : REAL(ftruncate64)(f, n); }
int rename(const char *from, const char *to) {
    return watched(to) && failing() ? -1 : REAL(rename)(from, to);
}
