// The limit that a broker is measured against: receives frames, checks their CRC-32C, writes them
// with one pwritev for each file and turn, into room that it has asked for ahead, syncs the files
// that were written (or does not), answers. No offsets, no indexes, no batches are looked into,
// nothing else is served.
//
//   bare_loop directory=D files=N sync=0|1   says its port on a line, runs until its stdin ends
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "options.h"
#include "raw_frames.h"

namespace moldau::bench {
namespace {

constexpr size_t receive_bytes = 1 << 20;
// At once; beyond them one syncfs is cheaper. Moldau does the same.
constexpr size_t fdatasync_files_max = 8;

void check(bool good, const char* what) {
  if (!good) fail(fmt::format("{}: {}", what, std::strerror(errno)));
}

struct Connection {
  int socket;
  std::vector<char> buffer = std::vector<char>(receive_bytes);
  size_t filled = 0;
  size_t used = 0;      // of it, by the frames of this turn
  std::string answers;  // to be sent
};

/// What was written in turns that no sync has covered yet.
struct Unsynced {
  std::vector<int> files;
  std::vector<std::pair<int, std::string>> answers;  // socket, bytes
};

/// Syncs some files at once, each in a thread of its own.
class FileSyncs {
 public:
  FileSyncs() {
    for (size_t number = 1; number < fdatasync_files_max; ++number) {
      std::thread([this] { run(); }).detach();
    }
  }

  void sync(const std::vector<int>& files) {
    if (files.empty()) return;
    {
      const std::lock_guard lock(mutex_);
      waiting_.assign(files.begin() + 1, files.end());
      left_ = waiting_.size();
    }
    for (size_t number = 1; number < files.size(); ++number) wake_.notify_one();
    check(fdatasync(files[0]) == 0, "fdatasync");
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return left_ == 0; });
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return !waiting_.empty(); });
      const int file = waiting_.back();
      waiting_.pop_back();
      lock.unlock();
      check(fdatasync(file) == 0, "fdatasync");
      lock.lock();
      if (--left_ == 0) done_.notify_one();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::vector<int> waiting_;
  size_t left_ = 0;
};

/// Syncs in a thread of its own, so that the next turn's bytes are received meanwhile.
class Syncer {
 public:
  explicit Syncer(int event) : event_(event), thread_([this] { run(); }) { thread_.detach(); }

  void add(Unsynced more) {
    const std::scoped_lock lock(mutex_);
    for (const int file : more.files) {
      if (std::find(waiting_.files.begin(), waiting_.files.end(), file) == waiting_.files.end()) {
        waiting_.files.push_back(file);
      }
    }
    std::move(more.answers.begin(), more.answers.end(), std::back_inserter(waiting_.answers));
    changed_.notify_one();
  }

  std::vector<std::pair<int, std::string>> take_answers() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(done_, {});
  }

 private:
  [[noreturn]] void run() {
    while (true) {
      Unsynced round;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !waiting_.answers.empty(); });
        round = std::exchange(waiting_, {});
      }
      if (round.files.size() > fdatasync_files_max) {
        check(syncfs(round.files[0]) == 0, "syncfs");
      } else {
        file_syncs_.sync(round.files);
      }
      const std::scoped_lock lock(mutex_);
      std::move(round.answers.begin(), round.answers.end(), std::back_inserter(done_));
      const uint64_t one = 1;
      check(write(event_, &one, sizeof(one)) == sizeof(one), "eventfd");
    }
  }

  int event_;
  std::mutex mutex_;
  std::condition_variable changed_;
  FileSyncs file_syncs_;  // before the thread
  Unsynced waiting_;
  std::vector<std::pair<int, std::string>> done_;
  std::thread thread_;
};

class Loop {
 public:
  Loop(const std::string& directory, int files, bool sync) {
    for (int number = 0; number < files; ++number) {
      const auto path = fmt::format("{}/{:05}.log", directory, number);
      files_.push_back({.file = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)});
      check(files_.back().file >= 0, path.c_str());
    }
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    event_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (sync) syncer_ = std::make_unique<Syncer>(event_);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr = {htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    check(bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0, "bind");
    check(listen(listener_, 512) == 0, "listen");
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    for (const int one : {listener_, event_, STDIN_FILENO}) watch(one);
    fmt::print("{}\n", ntohs(address.sin_port));
    std::fflush(stdout);
  }

  void run() {
    std::vector<epoll_event> events(512);
    while (true) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int index = 0; index < count; ++index) {
        const int from = events[static_cast<size_t>(index)].data.fd;
        if (from == STDIN_FILENO) return;
        if (from == listener_) {
          accept_one();
        } else if (from == event_) {
          send_synced();
        } else {
          receive(from);
        }
      }
      end_turn();
    }
  }

 private:
  struct File {
    int file;
    off_t end = 0;
    off_t room_until = 0;
    std::vector<iovec> parts = {};
  };

  void watch(int descriptor) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = descriptor}};
    check(epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0, "epoll_ctl");
  }

  void accept_one() {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    connections_[socket] = std::make_unique<Connection>(socket);
    watch(socket);
  }

  void receive(int socket) {
    auto& connection = *connections_.at(socket);
    const auto got = recv(socket, connection.buffer.data() + connection.filled,
                          connection.buffer.size() - connection.filled, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      close(socket);
      connections_.erase(socket);
      return;
    }
    connection.filled += static_cast<size_t>(got);
    connection.used = take_frames(connection);
    if (connection.used > 0) ready_.push_back(&connection);
  }

  /// What all connections have sent is written together.
  void end_turn() {
    write_files();
    Unsynced unsynced;
    for (auto* const connection : ready_) {
      auto& buffer = connection->buffer;
      std::memmove(buffer.data(), buffer.data() + connection->used,
                   connection->filled - connection->used);
      connection->filled -= connection->used;
      if (!syncer_)
        send_all(connection->socket, connection->answers);
      else
        unsynced.answers.emplace_back(connection->socket, connection->answers);
      connection->answers.clear();
    }
    if (syncer_ && !ready_.empty()) {
      for (const auto number : dirty_) unsynced.files.push_back(files_[number].file);
      syncer_->add(std::move(unsynced));
    }
    ready_.clear();
    dirty_.clear();
  }

  /// How many bytes were whole frames.
  size_t take_frames(Connection& connection) {
    char* const data = connection.buffer.data();
    size_t at = 0;
    while (connection.filled - at >= 4) {
      const size_t size = 4 + get32(data + at);
      if (size > connection.buffer.size()) fail("a frame larger than the buffer");
      if (connection.filled - at < size) break;
      take_frame(connection, data + at, size);
      at += size;
    }
    return at;
  }

  void take_frame(Connection& connection, char* frame, size_t size) {
    char* const batch = frame + batch_at;
    const size_t batch_bytes = size - batch_at;
    const auto crc = crc32c(batch + batch_checked_at, batch_bytes - batch_checked_at);
    if (crc != get32(batch + batch_crc_at)) fail("a batch's CRC is wrong");
    const auto partition = get32(frame + partition_at);
    auto& file = files_.at(partition);
    if (file.parts.empty()) dirty_.push_back(partition);
    file.parts.push_back({.iov_base = batch, .iov_len = batch_bytes});
    std::string answer(answer_bytes, '\0');
    set32(answer.data(), answer_bytes - 4);
    std::memcpy(answer.data() + 4, frame + correlation_at, 4);
    std::memcpy(answer.data() + answer_partition_at, frame + partition_at, 4);
    connection.answers += answer;
  }

  void write_files() {
    for (const auto number : dirty_) {
      auto& file = files_[number];
      for (size_t from = 0; from < file.parts.size(); from += IOV_MAX) {
        const auto count = std::min<size_t>(IOV_MAX, file.parts.size() - from);
        ssize_t wanted = 0;
        for (size_t index = from; index < from + count; ++index) {
          wanted += static_cast<ssize_t>(file.parts[index].iov_len);
        }
        if (file.end + wanted > file.room_until) make_room(file, file.end + wanted);
        const auto wrote = pwritev(file.file, &file.parts[from], static_cast<int>(count), file.end);
        check(wrote == wanted, "pwritev");
        file.end += wrote;
      }
      file.parts.clear();
    }
  }

  /// As Moldau asks for it: from 256 KiB on as much as there is, at most 4 MiB.
  static void make_room(File& file, off_t end) {
    if (end < (256 << 10)) return;
    const off_t from = std::max(file.end, file.room_until);
    file.room_until = end + std::min<off_t>(end, 4 << 20);
    // Where a file system cannot, it costs nothing either.
    static_cast<void>(fallocate(file.file, FALLOC_FL_KEEP_SIZE, from, file.room_until - from));
  }

  void send_synced() {
    uint64_t count = 0;
    check(read(event_, &count, sizeof(count)) == sizeof(count), "eventfd");
    for (const auto& [socket, answers] : syncer_->take_answers()) {
      if (connections_.contains(socket)) send_all(socket, answers);
    }
  }

  /// The driver reads all the time, and answers are small: a blocking send does not wait for long.
  static void send_all(int socket, const std::string& bytes) {
    for (size_t sent = 0; sent < bytes.size();) {
      const auto count = send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return;  // it has closed: its event comes
      sent += static_cast<size_t>(count);
    }
  }

  int epoll_ = -1;
  int event_ = -1;
  int listener_ = -1;
  std::vector<File> files_;
  std::vector<uint32_t> dirty_;     // files that have parts
  std::vector<Connection*> ready_;  // that sent frames in this turn
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
  std::unique_ptr<Syncer> syncer_;
};

}  // namespace
}  // namespace moldau::bench

int main(int argc, char** argv) {
  using namespace moldau::bench;
  const Options options(argc, argv, {{"directory", "."}, {"files", "1"}, {"sync", "0"}});
  Loop loop(options.text("directory"), options.whole("files"), options.whole("sync") != 0);
  loop.run();
  std::_Exit(0);  // the syncer may be at work
}
