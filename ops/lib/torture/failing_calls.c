// Makes one of a process's calls that change files fail. Loaded with LD_PRELOAD by ops/torture.
//
//   FAILING_FOLDER   only files and folders in it count
//   FAILING_KIND     what fails: write (write, pwrite, writev, pwritev, ftruncate), sync (fsync, fdatasync) or
//                    rename (rename, renameat, renameat2, link, linkat)
//   FAILING_CALL     the number of the call of that kind that fails, from 1; 0: none
//   FAILING_ERRNO    the error's number
//   FAILING_COUNTS   a file of four 64-bit numbers: the calls of each kind so far, and 1 once one failed; it is mapped, so
//                    that it outlives the process
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { KIND_WRITE, KIND_SYNC, KIND_RENAME, KIND_COUNT };
static const char *const kind_names[KIND_COUNT] = {"write", "sync", "rename"};

static const char *folder;
static const char *kind_name;
static uint64_t failing_call;
static int failing_errno;
static uint64_t *counts;

__attribute__((constructor)) static void read_environment(void) {
  const char *path = getenv("FAILING_COUNTS"), *call = getenv("FAILING_CALL"), *number = getenv("FAILING_ERRNO");
  kind_name = getenv("FAILING_KIND");
  folder = getenv("FAILING_FOLDER");
  if (!path || !call || !number || !kind_name || !folder) return;
  failing_call = strtoull(call, NULL, 10);
  failing_errno = atoi(number);
  int descriptor = open(path, O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return;
  void *mapping = mmap(NULL, (KIND_COUNT + 1) * sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  close(descriptor);
  if (mapping != MAP_FAILED) counts = mapping;
}

static int is_in_folder(const char *path) { return strncmp(path, folder, strlen(folder)) == 0; }

// Counts a call; true: it is the one that fails.
static int fails(enum kind kind, const char *path) {
  if (!counts || !is_in_folder(path)) return 0;
  uint64_t number = __atomic_add_fetch(&counts[kind], 1, __ATOMIC_SEQ_CST);
  if (number != failing_call || strcmp(kind_name, kind_names[kind]) != 0) return 0;
  __atomic_store_n(&counts[KIND_COUNT], 1, __ATOMIC_SEQ_CST);
  errno = failing_errno;
  return 1;
}

static int fails_on_descriptor(enum kind kind, int descriptor) {
  char link[32], path[4096];
  if (!counts) return 0;
  int kept = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = kept;
  if (length < 0) return 0;
  path[length] = 0;
  return fails(kind, path);
}

// Defines a function in the place of the C library's that fails when it is its turn.
#define REPLACED(result, name, parameters, arguments, failure)             \
  result name parameters {                                                 \
    static result(*next) parameters;                                       \
    if (!next) next = (result(*) parameters)dlsym(RTLD_NEXT, #name);       \
    if (failure) return -1;                                                \
    return next arguments;                                                 \
  }

REPLACED(ssize_t, write, (int fd, const void *bytes, size_t count), (fd, bytes, count), fails_on_descriptor(KIND_WRITE, fd))
REPLACED(ssize_t, pwrite, (int fd, const void *bytes, size_t count, off_t offset), (fd, bytes, count, offset),
         fails_on_descriptor(KIND_WRITE, fd))
REPLACED(ssize_t, pwrite64, (int fd, const void *bytes, size_t count, off64_t offset), (fd, bytes, count, offset),
         fails_on_descriptor(KIND_WRITE, fd))
REPLACED(ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count),
         fails_on_descriptor(KIND_WRITE, fd))
REPLACED(ssize_t, pwritev, (int fd, const struct iovec *parts, int count, off_t offset), (fd, parts, count, offset),
         fails_on_descriptor(KIND_WRITE, fd))
REPLACED(int, ftruncate, (int fd, off_t length), (fd, length), fails_on_descriptor(KIND_WRITE, fd))
REPLACED(int, ftruncate64, (int fd, off64_t length), (fd, length), fails_on_descriptor(KIND_WRITE, fd))
REPLACED(int, fsync, (int fd), (fd), fails_on_descriptor(KIND_SYNC, fd))
REPLACED(int, fdatasync, (int fd), (fd), fails_on_descriptor(KIND_SYNC, fd))
REPLACED(int, rename, (const char *old, const char *new), (old, new), fails(KIND_RENAME, new))
REPLACED(int, renameat, (int from, const char *old, int to, const char *new), (from, old, to, new), fails(KIND_RENAME, new))
REPLACED(int, renameat2, (int from, const char *old, int to, const char *new, unsigned flags), (from, old, to, new, flags),
         fails(KIND_RENAME, new))
REPLACED(int, link, (const char *old, const char *new), (old, new), fails(KIND_RENAME, new))
REPLACED(int, linkat, (int from, const char *old, int to, const char *new, int flags), (from, old, to, new, flags),
         fails(KIND_RENAME, new))
