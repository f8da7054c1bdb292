/* A disk that can lose power: what a process does to the files of one folder is written into a list, from which
 * tests/store/power.rs makes what a power failure may have left of it. To be preloaded. Nothing in the folder is
 * really synchronised, since that is what the list is for. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* The name of a path within the folder, or NULL. */
static const char *within(const char *path) {
    const char *folder = getenv("FERROTOKEN_TEST_DISK");
    size_t length = folder ? strlen(folder) : 0;
    if (!length || strncmp(path, folder, length) != 0)
        return NULL;
    if (path[length] == 0)
        return path + length;
    return path[length] == '/' ? path + length + 1 : NULL;
}

static const char *name_of(int file, char *room) {
    char link[64];
    ssize_t length;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, room, PATH_MAX);
    if (length < 0)
        return NULL;
    room[length] = 0;
    return within(room);
}

static void number(unsigned char *place, uint64_t value, int bytes) {
    for (int byte = 0; byte < bytes; byte++)
        place[byte] = (unsigned char)(value >> (8 * byte));
}

/* One entry: what was done, the length of the name, where, the length of the data; the name; the data. */
static void note(char what, const char *name, uint64_t at, const void *data, size_t length) {
    const char *list = getenv("FERROTOKEN_TEST_DISK_LIST");
    size_t name_length = strlen(name), total = 17 + name_length + length;
    /* SQLite's shared memory does not outlive the machine. */
    int shared = name_length > 4 && strcmp(name + name_length - 4, "-shm") == 0;
    int error = errno, file;
    unsigned char *entry;
    if (!list || shared)
        return;
    entry = malloc(total);
    file = (int)syscall(SYS_openat, AT_FDCWD, list, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (!entry || file < 0)
        abort();
    entry[0] = (unsigned char)what;
    number(entry + 1, name_length, 4);
    number(entry + 5, at, 8);
    number(entry + 13, length, 4);
    memcpy(entry + 17, name, name_length);
    if (length)
        memcpy(entry + 17 + name_length, data, length);
    if (syscall(SYS_write, file, entry, total) != (ssize_t)total)
        abort();
    syscall(SYS_close, file);
    free(entry);
    errno = error;
}

static int opened(const char *path, int flags, mode_t mode) {
    const char *name = within(path);
    struct stat before;
    int is_new = (flags & O_CREAT) && name && stat(path, &before) != 0;
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (file >= 0 && is_new)
        note('C', name, 0, NULL, 0);
    if (file >= 0 && name && (flags & O_TRUNC) && !is_new)
        note('T', name, 0, NULL, 0);
    return file;
}

int open(const char *path, int flags, ...) {
    va_list more;
    mode_t mode;
    va_start(more, flags);
    mode = (flags & O_CREAT) ? (mode_t)va_arg(more, unsigned) : 0;
    va_end(more);
    return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list more;
    mode_t mode;
    va_start(more, flags);
    mode = (flags & O_CREAT) ? (mode_t)va_arg(more, unsigned) : 0;
    va_end(more);
    return opened(path, flags, mode);
}

ssize_t write(int file, const void *data, size_t length) {
    char room[PATH_MAX + 1];
    ssize_t written = syscall(SYS_write, file, data, length);
    const char *name = written > 0 ? name_of(file, room) : NULL;
    if (name)
        note('W', name, (uint64_t)(syscall(SYS_lseek, file, 0, SEEK_CUR) - written), data, (size_t)written);
    return written;
}

ssize_t pwrite64(int file, const void *data, size_t length, off64_t at) {
    char room[PATH_MAX + 1];
    ssize_t written = syscall(SYS_pwrite64, file, data, length, at);
    const char *name = written > 0 ? name_of(file, room) : NULL;
    if (name)
        note('W', name, (uint64_t)at, data, (size_t)written);
    return written;
}

ssize_t pwrite(int file, const void *data, size_t length, off_t at) { return pwrite64(file, data, length, at); }

int ftruncate64(int file, off64_t length) {
    char room[PATH_MAX + 1];
    int result = (int)syscall(SYS_ftruncate, file, length);
    const char *name = result == 0 ? name_of(file, room) : NULL;
    if (name)
        note('T', name, (uint64_t)length, NULL, 0);
    return result;
}

int ftruncate(int file, off_t length) { return ftruncate64(file, length); }

static int synchronised(int file, long call) {
    char room[PATH_MAX + 1];
    const char *name = name_of(file, room);
    struct stat status;
    if (!name)
        return (int)syscall(call, file);
    note(fstat(file, &status) == 0 && S_ISDIR(status.st_mode) ? 'D' : 'S', name, 0, NULL, 0);
    return 0;
}

int fsync(int file) { return synchronised(file, SYS_fsync); }

int fdatasync(int file) { return synchronised(file, SYS_fdatasync); }

int unlink(const char *path) {
    const char *name = within(path);
    int result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (result == 0 && name)
        note('U', name, 0, NULL, 0);
    return result;
}

int mkdir(const char *path, mode_t mode) {
    const char *name = within(path);
    int result = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (result == 0 && name)
        note('M', name, 0, NULL, 0);
    return result;
}

/* Nobody renames or links anything in the folder. Should that change, the list must say so. */
int rename(const char *from, const char *to) {
    if (within(from) || within(to))
        abort();
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
    if (within(from) || within(to))
        abort();
    return (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
}
