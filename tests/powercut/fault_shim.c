// LD_PRELOAD library that lets calls on files fail as a plan says. $FAULTS_PLAN is the path of a
// file that may come, be replaced (by rename) and go while the program runs; each of its lines is a
// rule:
//
//     CALL GLOB ERRNO SKIP COUNT
//
// The calls of that name on paths like GLOB (fnmatch, `*` also for slashes), after the first SKIP,
// fail COUNT times, or from then on if COUNT is 0. CALL is write, fdatasync, fsync, syncfs, open,
// rename, truncate, unlink or mkdir (`write` stands for all of its family, and so on); a rename has
// two paths, either will do. ERRNO is a number; ENOSPC and EROFS are only for an `open` that
// creates, or writes. A write that fails has written half of its bytes. What has failed is written
// to $FAULTS_PLAN.hits, one line each: CALL ERRNO PATH.
//
// Linux tells of a failed write-back once and calls the pages clean: after a failed fdatasync or
// fsync those of the same file succeed and do nothing, until it is emptied and written anew. So,
// loaded before powercut_shim, which then never hears of them, this shows who trusts a second try.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { rules_max = 16, lost_max = 64, plan_bytes_max = 8192 };

struct rule {
  char call[16];
  char glob[512];
  int error;
  long skip;
  long count;
  long seen;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rule rules[rules_max];
static int rule_count = 0;
static ino_t plan_inode = 0;  // of the plan that the rules are from; 0: none
static ino_t lost[lost_max];  // files with a failed sync
static int lost_count = 0;

#define REAL(name) ((__typeof__(&name))real(#name))

static void* real(const char* name) {
  void* symbol = dlsym(RTLD_NEXT, name);
  if (symbol == NULL) abort();
  return symbol;
}

// Under the lock. The plan has no room for a rule that cannot be read.
static void read_plan(const char* path) {
  struct stat status;
  const ino_t now = stat(path, &status) == 0 ? status.st_ino : 0;
  if (now == plan_inode) return;
  plan_inode = now;
  rule_count = 0;
  if (now == 0) return;
  char text[plan_bytes_max];
  const int fd = REAL(open)(path, O_RDONLY | O_CLOEXEC);
  const ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  if (fd >= 0) REAL(close)(fd);
  if (size < 0) return;
  text[size] = '\0';
  char* rest = NULL;
  for (char* line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
    struct rule* const rule = &rules[rule_count];
    rule->seen = 0;
    if (rule_count == rules_max || sscanf(line, "%15s %511s %d %ld %ld", rule->call, rule->glob,
                                          &rule->error, &rule->skip, &rule->count) != 5) {
      dprintf(2, "fault shim: bad rule: %s\n", line);
      abort();
    }
    ++rule_count;
  }
}

static void note_hit(const char* plan, const char* call, int error, const char* path) {
  char line[PATH_MAX + 64];
  const int length = snprintf(line, sizeof line, "%s %d %s\n", call, error, path);
  snprintf(line + length + 1, sizeof line - (size_t)length - 1, "%s.hits", plan);
  const int fd = REAL(open)(line + length + 1, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0 || REAL(write)(fd, line, (size_t)length) != length) abort();
  REAL(close)(fd);
}

// Of an open with these flags; of any other call if they are -1.
static int is_natural(int error, const char* path, int flags) {
  if (flags == -1 || (error != ENOSPC && error != EROFS)) return 1;
  const int creates = (flags & O_CREAT) != 0 && access(path, F_OK) != 0;
  return creates || (error == EROFS && (flags & O_ACCMODE) != O_RDONLY);
}

// The errno that the call shall fail with, or 0.
static int fault(const char* call, const char* path, const char* other, int flags) {
  const char* const plan = getenv("FAULTS_PLAN");
  if (plan == NULL || path == NULL) return 0;
  const int before = errno;
  int error = 0;
  pthread_mutex_lock(&lock);
  read_plan(plan);
  for (int i = 0; i < rule_count && error == 0; ++i) {
    struct rule* const rule = &rules[i];
    if (strcmp(rule->call, call) != 0) continue;
    if (fnmatch(rule->glob, path, 0) != 0 &&
        (other == NULL || fnmatch(rule->glob, other, 0) != 0)) {
      continue;
    }
    if (!is_natural(rule->error, path, flags)) continue;
    const long number = rule->seen++;
    if (number < rule->skip || (rule->count > 0 && number >= rule->skip + rule->count)) continue;
    error = rule->error;
    note_hit(plan, call, error, path);
  }
  pthread_mutex_unlock(&lock);
  errno = before;
  return error;
}

static int fault_of_fd(const char* call, int fd) {
  if (getenv("FAULTS_PLAN") == NULL) return 0;
  char link[64];
  char path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0 || path[0] != '/') return 0;
  path[size] = '\0';
  return fault(call, path, NULL, -1);
}

#define FAIL_IF(error)     \
  {                        \
    const int why = error; \
    if (why != 0) {        \
      errno = why;         \
      return -1;           \
    }                      \
  }

// ---- Contents

ssize_t pwritev(int fd, const struct iovec* pieces, int count, off_t position) {
  const int error = fault_of_fd("write", fd);
  if (error == 0) return REAL(pwritev)(fd, pieces, count, position);
  size_t half = 0;
  for (int i = 0; i < count; ++i) half += pieces[i].iov_len;
  half /= 2;
  for (int i = 0; i < count && half > 0; ++i) {
    const size_t size = pieces[i].iov_len < half ? pieces[i].iov_len : half;
    if (size > 0 && REAL(pwrite)(fd, pieces[i].iov_base, size, position) != (ssize_t)size) break;
    position += (off_t)size;
    half -= size;
  }
  errno = error;
  return -1;
}
ssize_t pwritev64(int fd, const struct iovec* pieces, int count, off64_t position) {
  return pwritev(fd, pieces, count, position);
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t position) {
  const struct iovec piece = {(void*)data, size};
  return pwritev(fd, &piece, 1, position);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t position) {
  return pwrite(fd, data, size, position);
}
ssize_t write(int fd, const void* data, size_t size) {
  FAIL_IF(fault_of_fd("write", fd));
  return REAL(write)(fd, data, size);
}
// ---- Syncs

static int was_lost(ino_t inode) {
  for (int i = 0; i < lost_count; ++i) {
    if (lost[i] == inode) return 1;
  }
  return 0;
}

// Nothing is in the file that could have been lost.
static void begins_anew(int fd) {
  struct stat status;
  const int before = errno;
  pthread_mutex_lock(&lock);
  if (lost_count > 0 && fstat(fd, &status) == 0 && status.st_size == 0) {
    for (int i = 0; i < lost_count; ++i) {
      if (lost[i] == status.st_ino) lost[i] = lost[--lost_count];
    }
  }
  pthread_mutex_unlock(&lock);
  errno = before;
}

// Whether the sync is not to be made: it fails with errno, or says that all is well.
static int is_lost(const char* call, int fd, int* result) {
  struct stat status;
  if (getenv("FAULTS_PLAN") == NULL || fstat(fd, &status) != 0) return 0;
  const int error = fault_of_fd(call, fd);
  pthread_mutex_lock(&lock);
  const int before = was_lost(status.st_ino);
  if (error != 0 && !before && lost_count < lost_max) lost[lost_count++] = status.st_ino;
  pthread_mutex_unlock(&lock);
  errno = error;
  *result = error == 0 ? 0 : -1;
  return error != 0 || before;
}

int fdatasync(int fd) {
  int result = 0;
  return is_lost("fdatasync", fd, &result) ? result : REAL(fdatasync)(fd);
}
int fsync(int fd) {
  int result = 0;
  return is_lost("fsync", fd, &result) ? result : REAL(fsync)(fd);
}
int syncfs(int fd) {
  FAIL_IF(fault_of_fd("syncfs", fd));
  return REAL(syncfs)(fd);
}

int ftruncate(int fd, off_t size) {
  FAIL_IF(fault_of_fd("truncate", fd));
  const int result = REAL(ftruncate)(fd, size);
  if (result == 0) begins_anew(fd);
  return result;
}
int ftruncate64(int fd, off64_t size) {
  return ftruncate(fd, size);
}

// ---- Names

#define OPEN(name)                                     \
  int name(const char* path, int flags, ...) {         \
    va_list arguments;                                 \
    va_start(arguments, flags);                        \
    const mode_t mode = va_arg(arguments, mode_t);     \
    va_end(arguments);                                 \
    FAIL_IF(fault("open", path, NULL, flags));         \
    const int fd = REAL(name)(path, flags, mode);      \
    if (fd >= 0 && (flags & O_CREAT)) begins_anew(fd); \
    return fd;                                         \
  }
OPEN(open)
OPEN(open64)

int rename(const char* from, const char* to) {
  if (access(from, F_OK) == 0) FAIL_IF(fault("rename", from, to, -1));
  return REAL(rename)(from, to);
}
int unlink(const char* path) {
  FAIL_IF(fault("unlink", path, NULL, -1));
  return REAL(unlink)(path);
}
int rmdir(const char* path) {
  FAIL_IF(fault("unlink", path, NULL, -1));
  return REAL(rmdir)(path);
}
int mkdir(const char* path, mode_t mode) {
  FAIL_IF(fault("mkdir", path, NULL, -1));
  return REAL(mkdir)(path, mode);
}
