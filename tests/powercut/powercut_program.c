// Does to the directory in which it is started what its first argument names, then kills itself as
// a power cut would find it. powercut_test.py says what may be left.

#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static void check(int result, const char* what) {
  if (result >= 0) return;
  perror(what);
  exit(2);
}
#define CHECK(call) check((int)(call), #call)

static int create(const char* path, const char* text) {
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  CHECK(fd);
  if (text[0] != '\0') CHECK(write(fd, text, strlen(text)));
  return fd;
}

static void sync_directory(const char* path) {
  const int fd = open(path, O_RDONLY | O_DIRECTORY);
  CHECK(fd);
  CHECK(fsync(fd));
  CHECK(close(fd));
}

static void durable_file(const char* path, const char* text) {
  const int fd = create(path, text);
  CHECK(fdatasync(fd));
  CHECK(close(fd));
}

static void fill(int fd, char letter, size_t size, off_t position) {
  char* const data = malloc(size);
  memset(data, letter, size);
  CHECK(pwrite(fd, data, size, position));
  free(data);
}

static void nothing_missing(void) {
  durable_file("f", "text");
  sync_directory(".");
}
static void no_data_sync(void) {
  create("f", "text");
  sync_directory(".");
}
static void no_name_sync(void) {
  durable_file("f", "text");
}

static void replace(int sync_data, int sync_name) {
  const int fd = create("f.tmp", "new");
  if (sync_data) CHECK(fdatasync(fd));
  CHECK(rename("f.tmp", "f"));
  if (sync_name) sync_directory(".");
}
static void replace_well(void) {
  replace(1, 1);
}
static void replace_no_data(void) {
  replace(0, 1);
}
static void replace_no_name(void) {
  replace(1, 0);
}

static void overwrite(void) {
  fill(open("big", O_WRONLY), 'b', 65536, 0);
}
static void cut(void) {
  CHECK(ftruncate(open("big", O_WRONLY), 100));
}
static void reopen_truncated(void) {
  const int fd = open("big", O_WRONLY | O_TRUNC);
  CHECK(write(fd, "short", 5));
  CHECK(fsync(fd));
}
static void remove_names(void) {
  CHECK(unlink("big"));
  CHECK(rmdir("empty"));
}
static void make_tree(void) {
  CHECK(mkdir("d", 0755));
  CHECK(mkdir("d/e", 0755));
  durable_file("d/e/f", "deep");
  sync_directory("d/e");
  sync_directory("d");
  sync_directory(".");
}
static void sync_everything(void) {
  CHECK(mkdir("d", 0755));
  create("d/f", "one");
  CHECK(syncfs(create("g", "two")));
}
// The other ways to a file: its directory, a duplicate, pieces, its end.
static void other_calls(void) {
  CHECK(mkdir("d", 0755));
  const int directory = open("d", O_RDONLY | O_DIRECTORY);
  const int fd = openat(directory, "./../d//f", O_WRONLY | O_CREAT | O_EXCL, 0644);
  const int other = fcntl(dup(fd), F_DUPFD_CLOEXEC, 50);
  CHECK(close(fd));
  CHECK(write(other, "ab", 2));
  const struct iovec pieces[] = {{"cd", 2}, {"ef", 2}};
  CHECK(writev(other, pieces, 2));
  CHECK(pwritev(other, pieces, 2, 6));
  CHECK(pwritev2(other, pieces, 2, 10, 0));
  CHECK(fdatasync(other));
  const int end = openat(directory, "f", O_WRONLY | O_APPEND);
  CHECK(write(end, "!", 1));
  CHECK(fsync(end));
  CHECK(renameat(directory, "f", AT_FDCWD, "g"));
  CHECK(fsync(directory));
  sync_directory(".");
}

// Four writers, each with its file; says on standard output, after a sync, what must be there.
static void* write_and_tell(void* argument) {
  char name[16];
  const int writer = (int)(long)argument;
  snprintf(name, sizeof name, "w%d", writer);
  const int fd = create(name, "");
  sync_directory(".");
  for (int i = 0;; ++i) {
    char block[600];
    memset(block, 'a' + i % 26, sizeof block);
    CHECK(pwrite(fd, block, sizeof block, (off_t)i * (off_t)sizeof block));
    CHECK(fdatasync(fd));
    char line[32];
    const int length = snprintf(line, sizeof line, "%d %d\n", writer, i);
    CHECK(write(1, line, (size_t)length));
  }
  return NULL;
}
static void writers(void) {
  for (long i = 0; i < 4; ++i) {
    pthread_t thread;
    pthread_create(&thread, NULL, write_and_tell, (void*)i);
  }
  pause();
}
static void unsupported(void) {
  CHECK(link("big", "other"));
}
static void room_ahead(void) {
  const int fd = create("f", "text");
  fallocate(fd, FALLOC_FL_KEEP_SIZE, 4, 1 << 20);  // not on all file systems
  CHECK(pwrite(fd, "more", 4, 4));
  CHECK(fdatasync(fd));
  sync_directory(".");
}
static void longer(void) {
  fallocate(create("f", "text"), 0, 0, 1 << 20);
}

int main(int count, char** arguments) {
  static const struct {
    const char* name;
    void (*run)(void);
  } all[] = {{"nothing_missing", nothing_missing},
             {"no_data_sync", no_data_sync},
             {"no_name_sync", no_name_sync},
             {"replace_well", replace_well},
             {"replace_no_data", replace_no_data},
             {"replace_no_name", replace_no_name},
             {"overwrite", overwrite},
             {"cut", cut},
             {"reopen_truncated", reopen_truncated},
             {"remove_names", remove_names},
             {"make_tree", make_tree},
             {"sync_everything", sync_everything},
             {"other_calls", other_calls},
             {"writers", writers},
             {"unsupported", unsupported},
             {"room_ahead", room_ahead},
             {"longer", longer}};
  for (size_t i = 0; count == 2 && i < sizeof all / sizeof all[0]; ++i) {
    if (strcmp(all[i].name, arguments[1]) == 0) {
      all[i].run();
      kill(getpid(), SIGKILL);
    }
  }
  return 2;
}
