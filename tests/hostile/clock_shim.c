// LD_PRELOAD library that moves a program's wall clock by what the file $CLOCK_SHIM_FILE says:
// eight bytes, seconds, in this machine's order. The file is mapped, so whoever writes it moves the
// clock of the running program. The steady clocks stay as they are, as with clock_settime(2).
//
// Not moved: the kernel's own uses of the wall clock, which are the times of files and absolute
// timeouts on CLOCK_REALTIME.

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t no_jump;
static _Atomic int64_t* jump_s = &no_jump;

__attribute__((constructor)) static void map_the_file(void) {
  const char* path = getenv("CLOCK_SHIM_FILE");
  const int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  void* map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *jump_s, PROT_READ, MAP_SHARED, fd, 0);
  if (map == MAP_FAILED) {
    perror("clock_shim: CLOCK_SHIM_FILE");
    _exit(125);
  }
  jump_s = map;
  close(fd);
}

int clock_gettime(clockid_t clock, struct timespec* now) {
  const long result = syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    now->tv_sec += atomic_load_explicit(jump_s, memory_order_relaxed);
  }
  return (int)result;
}

int gettimeofday(struct timeval* restrict now, void* restrict zone) {
  (void)zone;
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* result) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (result != NULL) *result = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(struct timespec* now, int base) {
  return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}
