// LD_PRELOAD library that records what a program does to the files below $POWERCUT_ROOT, so that
// rollback.py can give the directory the contents that a power cut at the moment of SIGKILL could
// have left. The real calls are made; the journal in $POWERCUT_STATE/journal says which of them a
// sync has covered. See README.md in this folder.
//
// Order. A record is appended before its call returns to the program, a sync's first record before
// the sync begins. So a write whose record stands before a sync's first record was over when the
// sync began, and any other was not known to the program to be over: the sync need not cover it.
// Names change under the lock, so records of names have the order of their effects.
//
// SIGKILL. The journal is written with write(2), so it survives in the page cache. Only its last
// record can be torn, and that call had not returned.
//
// Calls that would change files behind our back (mmap, link, fallocate of a size, ...) abort the
// program.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum op {
  op_start = 1,  // a process begins: handles of the one before are void
  op_open = 2,
  op_write = 3,
  op_truncate = 4,
  op_rename = 5,
  op_unlink = 6,
  op_mkdir = 7,
  op_rmdir = 8,
  op_sync_begin = 9,
  op_sync_end = 10,
};
enum { flag_created = 1, flag_truncated = 2, flag_everything = 4 };

// Little-endian, as x86-64 and arm64 are; rollback.py reads "<IBBHQQ". Then path and payload.
struct record {
  uint32_t length;  // of everything, with this
  uint8_t op;
  uint8_t flags;
  uint16_t path_length;
  uint64_t handle;  // of an open file: one per open, shared by its duplicates
  uint64_t value;   // position, size or number of the sync
};

enum { fd_max = 1 << 16 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;  // -1: no recording
static char root[PATH_MAX];
static size_t root_length;
static char ignored[PATH_MAX];  // $POWERCUT_IGNORE: syncs that do not count
static int ignored_log = -1;    // a line for each of them
static useconds_t sync_us;      // $POWERCUT_SYNC_US: a sync takes at least so long
static _Atomic uint64_t handles[fd_max];
static _Atomic uint64_t next_handle = 1;
static _Atomic uint64_t next_sync = 1;

#define REAL(name) ((__typeof__(&name))real(#name))

static void* real(const char* name) {
  void* symbol = dlsym(RTLD_NEXT, name);
  if (symbol == NULL) abort();
  return symbol;
}

static void give_up(const char* what) {
  dprintf(2, "powercut shim: %s (errno %d)\n", what, errno);
  abort();
}

static void append(enum op op, uint8_t flags, uint64_t handle, uint64_t value, const char* path,
                   const struct iovec* pieces, int count, size_t size) {
  struct record record = {.op = (uint8_t)op, .flags = flags, .handle = handle, .value = value};
  record.path_length = (uint16_t)strlen(path);
  record.length = (uint32_t)(sizeof record + record.path_length + size);
  const size_t head_size = sizeof record + record.path_length;
  char head[sizeof record + PATH_MAX];
  memcpy(head, &record, sizeof record);
  memcpy(head + sizeof record, path, record.path_length);
  if (REAL(write)(journal, head, head_size) != (ssize_t)head_size) give_up("journal");
  for (int i = 0; i < count && size > 0; ++i) {
    const size_t length = pieces[i].iov_len < size ? pieces[i].iov_len : size;
    for (size_t done = 0; done < length;) {
      const ssize_t put = REAL(write)(journal, (char*)pieces[i].iov_base + done, length - done);
      if (put < 0 && errno != EINTR) give_up("journal");
      if (put > 0) done += (size_t)put;
    }
    size -= length;
  }
}

static void initialise(void) {
  const char* const directory = getenv("POWERCUT_ROOT");
  const char* const state = getenv("POWERCUT_STATE");
  if (directory == NULL || state == NULL) return;
  if (realpath(directory, root) == NULL) give_up("POWERCUT_ROOT does not exist");
  root_length = strlen(root);
  char path[PATH_MAX];
  const char* const patterns = getenv("POWERCUT_IGNORE");
  if (patterns != NULL && patterns[0] != '\0') {
    if (strlen(patterns) >= sizeof ignored) give_up("POWERCUT_IGNORE is too long");
    strcpy(ignored, patterns);
    snprintf(path, sizeof path, "%s/ignored", state);
    ignored_log = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  }
  const char* const delay = getenv("POWERCUT_SYNC_US");
  if (delay != NULL) sync_us = (useconds_t)atol(delay);
  snprintf(path, sizeof path, "%s/journal", state);
  const int fd = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) give_up("POWERCUT_STATE cannot be written");
  journal = fd;
  append(op_start, 0, 0, 0, "", NULL, 0, 0);
}

static int recording(void) {
  pthread_once(&once, initialise);
  return journal >= 0;
}

// Resolves "", "." and ".." in an absolute path by its text alone: there are no symbolic links
// below the root.
static void normalise(const char* path, char* out) {
  size_t length = 0;
  while (*path != '\0') {
    const size_t part = strcspn(path, "/");
    if (part == 2 && path[0] == '.' && path[1] == '.') {
      while (length > 0 && out[--length] != '/') {
      }
    } else if (part > 0 && !(part == 1 && path[0] == '.')) {
      if (length + part + 2 > PATH_MAX) give_up("path too long");
      out[length++] = '/';
      memcpy(out + length, path, part);
      length += part;
    }
    path += part;
    if (*path == '/') ++path;
  }
  out[length] = '\0';
}

// The path below the root ("" is the root itself), or NULL.
static const char* below_root(int at, const char* path, char* buffer) {
  char absolute[2 * PATH_MAX];
  if (!recording() || path == NULL) return NULL;
  if (path[0] == '/') {
    snprintf(absolute, sizeof absolute, "%s", path);
  } else {
    char base[PATH_MAX];
    if (at == AT_FDCWD) {
      if (getcwd(base, sizeof base) == NULL) return NULL;
    } else {
      char link[64];
      snprintf(link, sizeof link, "/proc/self/fd/%d", at);
      const ssize_t length = readlink(link, base, sizeof base - 1);
      if (length < 0) return NULL;
      base[length] = '\0';
    }
    snprintf(absolute, sizeof absolute, "%s/%s", base, path);
  }
  normalise(absolute, buffer);
  if (strncmp(buffer, root, root_length) != 0) return NULL;
  if (buffer[root_length] == '\0') return buffer + root_length;
  return buffer[root_length] == '/' ? buffer + root_length + 1 : NULL;
}

static uint64_t handle_of(int fd) {
  if (!recording() || fd < 0 || fd >= fd_max) return 0;
  return atomic_load(&handles[fd]);
}

static void set_handle(int fd, uint64_t handle) {
  if (fd < 0) return;
  if (fd >= fd_max) give_up("too many descriptors");
  atomic_store(&handles[fd], handle);
}

// ---- Opening and closing

static int open_at(int at, const char* path, int flags, mode_t mode) {
  char buffer[PATH_MAX];
  const char* const name = below_root(at, path, buffer);
  if (name == NULL) {
    const int fd = REAL(openat)(at, path, flags, mode);
    if (recording() && fd >= 0) set_handle(fd, 0);
    return fd;
  }
  if ((flags & O_TMPFILE) == O_TMPFILE) give_up("O_TMPFILE is not supported");
  pthread_mutex_lock(&lock);
  struct stat status;
  const int was_there = fstatat(at, path, &status, 0) == 0;
  const int fd = REAL(openat)(at, path, flags, mode);
  const int error = errno;
  if (fd >= 0) {
    const uint64_t handle = atomic_fetch_add(&next_handle, 1);
    const int truncated = (flags & O_TRUNC) != 0 && was_there && status.st_size > 0;
    append(op_open, (uint8_t)((was_there ? 0 : flag_created) | (truncated ? flag_truncated : 0)),
           handle, 0, name, NULL, 0, 0);
    set_handle(fd, handle);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return fd;
}

#define MODE_ARGUMENT                               \
  mode_t mode = 0;                                  \
  if ((flags & (O_CREAT | O_TMPFILE)) != 0) {       \
    va_list arguments;                              \
    va_start(arguments, flags);                     \
    mode = (mode_t)va_arg(arguments, unsigned int); \
    va_end(arguments);                              \
  }

int open(const char* path, int flags, ...) {
  MODE_ARGUMENT
  return open_at(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  MODE_ARGUMENT
  return open_at(AT_FDCWD, path, flags, mode);
}
int openat(int at, const char* path, int flags, ...) {
  MODE_ARGUMENT
  return open_at(at, path, flags, mode);
}
int openat64(int at, const char* path, int flags, ...) {
  MODE_ARGUMENT
  return open_at(at, path, flags, mode);
}
int __open_2(const char* path, int flags) {
  return open_at(AT_FDCWD, path, flags, 0);
}
int __open64_2(const char* path, int flags) {
  return open_at(AT_FDCWD, path, flags, 0);
}
int creat(const char* path, mode_t mode) {
  return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
int creat64(const char* path, mode_t mode) {
  return creat(path, mode);
}

int close(int fd) {
  // First: the number may be another thread's file as soon as it is free.
  if (recording() && fd >= 0 && fd < fd_max) set_handle(fd, 0);
  return REAL(close)(fd);
}

static int duplicated(int from, int to) {
  if (to >= 0 && recording()) set_handle(to, handle_of(from));
  return to;
}
int dup(int fd) {
  return duplicated(fd, REAL(dup)(fd));
}
int dup2(int fd, int to) {
  return duplicated(fd, REAL(dup2)(fd, to));
}
int dup3(int fd, int to, int flags) {
  return duplicated(fd, REAL(dup3)(fd, to, flags));
}

static int control(int fd, int command, void* argument) {
  const int result = REAL(fcntl)(fd, command, argument);
  const int is_dup = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
  return is_dup ? duplicated(fd, result) : result;
}
int fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return control(fd, command, argument);
}
int fcntl64(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* const argument = va_arg(arguments, void*);
  va_end(arguments);
  return control(fd, command, argument);
}

// ---- Contents

// Records what a write that has returned `written` put at `position`.
static ssize_t wrote(uint64_t handle, ssize_t written, off_t position, const struct iovec* pieces,
                     int count) {
  const int error = errno;
  if (handle != 0 && written > 0) {
    pthread_mutex_lock(&lock);
    append(op_write, 0, handle, (uint64_t)position, "", pieces, count, (size_t)written);
    pthread_mutex_unlock(&lock);
  }
  errno = error;
  return written;
}

// Of a write at the file's own position (also with O_APPEND): where it began.
static off_t began(int fd, ssize_t written) {
  return written > 0 ? lseek(fd, 0, SEEK_CUR) - written : 0;
}

ssize_t write(int fd, const void* data, size_t size) {
  const uint64_t handle = handle_of(fd);
  const ssize_t written = REAL(write)(fd, data, size);
  if (handle == 0) return written;
  const struct iovec piece = {(void*)data, size};
  return wrote(handle, written, began(fd, written), &piece, 1);
}
ssize_t writev(int fd, const struct iovec* pieces, int count) {
  const uint64_t handle = handle_of(fd);
  const ssize_t written = REAL(writev)(fd, pieces, count);
  if (handle == 0) return written;
  return wrote(handle, written, began(fd, written), pieces, count);
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t position) {
  const uint64_t handle = handle_of(fd);
  const struct iovec piece = {(void*)data, size};
  return wrote(handle, REAL(pwrite)(fd, data, size, position), position, &piece, 1);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t position) {
  return pwrite(fd, data, size, position);
}
ssize_t pwritev(int fd, const struct iovec* pieces, int count, off_t position) {
  const uint64_t handle = handle_of(fd);
  return wrote(handle, REAL(pwritev)(fd, pieces, count, position), position, pieces, count);
}
ssize_t pwritev64(int fd, const struct iovec* pieces, int count, off64_t position) {
  return pwritev(fd, pieces, count, position);
}
ssize_t pwritev2(int fd, const struct iovec* pieces, int count, off_t position, int flags) {
  const uint64_t handle = handle_of(fd);
  const ssize_t written = REAL(pwritev2)(fd, pieces, count, position, flags);
  if (handle != 0 && position < 0) position = began(fd, written);
  return wrote(handle, written, position, pieces, count);
}
ssize_t pwritev64v2(int fd, const struct iovec* pieces, int count, off64_t position, int flags) {
  return pwritev2(fd, pieces, count, position, flags);
}

int ftruncate(int fd, off_t size) {
  const uint64_t handle = handle_of(fd);
  if (handle == 0) return REAL(ftruncate)(fd, size);
  pthread_mutex_lock(&lock);
  const int result = REAL(ftruncate)(fd, size);
  const int error = errno;
  if (result == 0) append(op_truncate, 0, handle, (uint64_t)size, "", NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
int ftruncate64(int fd, off64_t size) {
  return ftruncate(fd, size);
}

// ---- Names

static int rename_at(int from_at, const char* from, int to_at, const char* to, unsigned flags) {
  char from_buffer[PATH_MAX];
  char to_buffer[PATH_MAX];
  const char* const from_name = below_root(from_at, from, from_buffer);
  const char* const to_name = below_root(to_at, to, to_buffer);
  if (from_name == NULL && to_name == NULL) return REAL(renameat2)(from_at, from, to_at, to, flags);
  if (from_name == NULL || to_name == NULL) give_up("rename across the root is not supported");
  if ((flags & ~(unsigned)RENAME_NOREPLACE) != 0) give_up("this renameat2 is not supported");
  pthread_mutex_lock(&lock);
  const int result = REAL(renameat2)(from_at, from, to_at, to, flags);
  const int error = errno;
  if (result == 0) {
    const struct iovec piece = {(void*)to_name, strlen(to_name)};
    append(op_rename, 0, 0, 0, from_name, &piece, 1, piece.iov_len);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
int rename(const char* from, const char* to) {
  return rename_at(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int renameat(int from_at, const char* from, int to_at, const char* to) {
  return rename_at(from_at, from, to_at, to, 0);
}
int renameat2(int from_at, const char* from, int to_at, const char* to, unsigned flags) {
  return rename_at(from_at, from, to_at, to, flags);
}

static int unlink_at(int at, const char* path, int flags) {
  char buffer[PATH_MAX];
  const char* const name = below_root(at, path, buffer);
  if (name == NULL) return REAL(unlinkat)(at, path, flags);
  pthread_mutex_lock(&lock);
  const int result = REAL(unlinkat)(at, path, flags);
  const int error = errno;
  const enum op op = (flags & AT_REMOVEDIR) != 0 ? op_rmdir : op_unlink;
  if (result == 0) append(op, 0, 0, 0, name, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
int unlink(const char* path) {
  return unlink_at(AT_FDCWD, path, 0);
}
int unlinkat(int at, const char* path, int flags) {
  return unlink_at(at, path, flags);
}
int rmdir(const char* path) {
  return unlink_at(AT_FDCWD, path, AT_REMOVEDIR);
}
int remove(const char* path) {
  const int result = unlink_at(AT_FDCWD, path, 0);
  return result < 0 && errno == EISDIR ? unlink_at(AT_FDCWD, path, AT_REMOVEDIR) : result;
}

int mkdirat(int at, const char* path, mode_t mode) {
  char buffer[PATH_MAX];
  const char* const name = below_root(at, path, buffer);
  if (name == NULL) return REAL(mkdirat)(at, path, mode);
  pthread_mutex_lock(&lock);
  const int result = REAL(mkdirat)(at, path, mode);
  const int error = errno;
  if (result == 0) append(op_mkdir, 0, 0, 0, name, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}
int mkdir(const char* path, mode_t mode) {
  return mkdirat(AT_FDCWD, path, mode);
}

char* mkdtemp(char* path) {
  if (!recording()) return REAL(mkdtemp)(path);
  pthread_mutex_lock(&lock);
  char* const made = REAL(mkdtemp)(path);
  const int error = errno;
  char buffer[PATH_MAX];
  const char* const name = made == NULL ? NULL : below_root(AT_FDCWD, made, buffer);
  if (name != NULL) append(op_mkdir, 0, 0, 0, name, NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  errno = error;
  return made;
}

// ---- Syncs

// Whether a pattern of $POWERCUT_IGNORE, `call` or `call:glob`, is meant for this call.
static int matches(const char* pattern, const char* call, const char* path) {
  const size_t length = strlen(call);
  if (strncmp(pattern, call, length) != 0) return 0;
  if (pattern[length] == '\0') return 1;
  return pattern[length] == ':' && fnmatch(pattern + length + 1, path, 0) == 0;
}

static int is_ignored(const char* call, int fd) {
  if (ignored[0] == '\0') return 0;
  char link[64];
  char target[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = fd < 0 ? -1 : readlink(link, target, sizeof target - 1);
  target[size < 0 ? 0 : size] = '\0';
  // Below the root; "" is the root itself.
  const char* path = size > (ssize_t)root_length ? target + root_length + 1 : "";
  char patterns[sizeof ignored];
  strcpy(patterns, ignored);
  char* rest = NULL;
  for (char* one = strtok_r(patterns, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
    if (!matches(one, call, path)) continue;
    dprintf(ignored_log, "%s %s\n", call, path);
    return 1;
  }
  return 0;
}

static uint64_t sync_begins(uint64_t handle, uint8_t flags) {
  const uint64_t number = atomic_fetch_add(&next_sync, 1);
  pthread_mutex_lock(&lock);
  append(op_sync_begin, flags, handle, number, "", NULL, 0, 0);
  pthread_mutex_unlock(&lock);
  if (sync_us > 0) usleep(sync_us);
  return number;
}

static int sync_ends(uint64_t number, int result) {
  const int error = errno;
  if (result == 0) {
    pthread_mutex_lock(&lock);
    append(op_sync_end, 0, 0, number, "", NULL, 0, 0);
    pthread_mutex_unlock(&lock);
  }
  errno = error;
  return result;
}

#define SYNC(name, flags)                                            \
  int name(int fd) {                                                 \
    const uint64_t handle = handle_of(fd);                           \
    if (handle == 0 || is_ignored(#name, fd)) return REAL(name)(fd); \
    const uint64_t number = sync_begins(handle, flags);              \
    return sync_ends(number, REAL(name)(fd));                        \
  }
SYNC(fsync, 0)
SYNC(fdatasync, 0)
SYNC(syncfs, flag_everything)

void sync(void) {
  if (!recording() || is_ignored("sync", -1)) {
    REAL(sync)();
    return;
  }
  const uint64_t number = sync_begins(0, flag_everything);
  REAL(sync)();
  sync_ends(number, 0);
}

// sync_file_range promises nothing about durability (sync_file_range(2)), so it is not recorded.

// ---- What would go past the journal

#define REFUSED_FD(result, name, parameters, arguments, fd)     \
  result name parameters {                                      \
    if (handle_of(fd) != 0) give_up(#name " is not supported"); \
    return REAL(name) arguments;                                \
  }
// With FALLOC_FL_KEEP_SIZE alone neither contents nor size change.
#define REFUSED_FALLOCATE(name, type)                               \
  int name(int fd, int mode, type offset, type length) {            \
    if (mode != FALLOC_FL_KEEP_SIZE && handle_of(fd) != 0)          \
      give_up(#name " is supported with FALLOC_FL_KEEP_SIZE only"); \
    return REAL(name)(fd, mode, offset, length);                    \
  }
REFUSED_FALLOCATE(fallocate, off_t)
REFUSED_FALLOCATE(fallocate64, off64_t)
REFUSED_FD(int, posix_fallocate, (int fd, off_t offset, off_t length), (fd, offset, length), fd)
REFUSED_FD(int, posix_fallocate64, (int fd, off64_t offset, off64_t length), (fd, offset, length),
           fd)
REFUSED_FD(ssize_t, copy_file_range,
           (int in, off64_t* in_at, int fd, off64_t* at, size_t size, unsigned flags),
           (in, in_at, fd, at, size, flags), fd)

#define REFUSED_PATH(result, name, parameters, arguments, path)                         \
  result name parameters {                                                              \
    char buffer[PATH_MAX];                                                              \
    if (below_root(AT_FDCWD, path, buffer) != NULL) give_up(#name " is not supported"); \
    return REAL(name) arguments;                                                        \
  }
REFUSED_PATH(int, truncate, (const char* path, off_t size), (path, size), path)
REFUSED_PATH(int, truncate64, (const char* path, off64_t size), (path, size), path)
REFUSED_PATH(int, link, (const char* from, const char* to), (from, to), to)
REFUSED_PATH(int, symlink, (const char* target, const char* path), (target, path), path)

REFUSED_PATH(int, mkstemp, (char* path), (path), path)

// fopen opens inside libc, where no shim sees it; reading is harmless.
static FILE* opened_by_libc(const char* path, const char* mode, const char* name) {
  char buffer[PATH_MAX];
  const int may_write = strpbrk(mode, "wa+") != NULL;
  if (may_write && below_root(AT_FDCWD, path, buffer) != NULL) give_up("fopen is not supported");
  return ((FILE * (*)(const char*, const char*)) real(name))(path, mode);
}
FILE* fopen(const char* path, const char* mode) {
  return opened_by_libc(path, mode, "fopen");
}
FILE* fopen64(const char* path, const char* mode) {
  return opened_by_libc(path, mode, "fopen64");
}

static void* map(void* address, size_t length, int protection, int flags, int fd, off_t offset) {
  const int shares = (flags & MAP_TYPE) != MAP_PRIVATE && (protection & PROT_WRITE) != 0;
  if (shares && handle_of(fd) != 0) give_up("writing through mmap is not supported");
  return REAL(mmap)(address, length, protection, flags, fd, offset);
}
void* mmap(void* address, size_t length, int protection, int flags, int fd, off_t offset) {
  return map(address, length, protection, flags, fd, offset);
}
void* mmap64(void* address, size_t length, int protection, int flags, int fd, off64_t offset) {
  return map(address, length, protection, flags, fd, offset);
}
