#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "env/disk.h"
#include "env/task.h"
#include "env/worker.h"

namespace moldau::env {

struct Endpoint {
  std::string host;  ///< a name or a numeric address; empty means all addresses (listen only)
  std::uint16_t port{0};
  std::string to_string() const;  ///< "host:port", "[::1]:9092"
  auto operator<=>(const Endpoint&) const = default;
};

/// Whether something is written right behind it, which may go into the same packet.
enum class More : std::uint8_t { no, follows };

/// A connected byte stream, living on one worker: all calls from tasks on that worker; one read and
/// one write may be under way at once. Errors: closed (by us or the peer), cancelled, io.
class Stream {
 public:
  virtual ~Stream() = default;
  /// At least one byte; 0 at the end of the peer's data.
  virtual Task<Result<std::size_t>> read_some(MutBytes into) = 0;
  /// What is there already, without suspending; 0 if nothing is (or at the end of data: only
  /// read_some can tell).
  virtual Result<std::size_t> try_read(MutBytes into) = 0;
  /// All of the pieces, which stay alive until it returns.
  virtual Task<Result<>> write(std::span<const Bytes> pieces, More more) = 0;
  /// The first of `length` bytes of the file from `position` on, by sendfile where there is one;
  /// how many it was. When there is no room for more it waits until there is, and sends nothing
  /// after that (0 if there was none): what is in the page cache may be different by then.
  /// Errc::truncated if the file ends before `position`.
  virtual Task<Result<std::uint64_t>> send_file(const File& file, std::uint64_t position,
                                                std::uint64_t length) = 0;
  /// Idempotent; ends a read or write that is under way with Errc::closed.
  virtual void close() = 0;
  virtual Endpoint local() const = 0;   ///< numeric
  virtual Endpoint remote() const = 0;  ///< numeric
};

class Listener {
 public:
  virtual ~Listener() = default;
  /// The next connection, living on the worker that `choose` names when one has come.
  virtual Task<Result<std::unique_ptr<Stream>>> accept(const std::function<Worker&()>& choose) = 0;
  virtual Endpoint local() const = 0;  ///< the bound port, also where 0 was asked for
  virtual void close() = 0;
};

class Transport {
 public:
  virtual ~Transport() = default;
  /// Binds and listens (SO_REUSEADDR, never SO_REUSEPORT); accept from tasks on `worker`.
  /// Errc::exists if the port is in use, Errc::not_found if the host is not ours.
  virtual Result<std::unique_ptr<Listener>> listen(const Endpoint& endpoint, Worker& worker) = 0;
  virtual Task<Result<std::unique_ptr<Stream>>> connect(const Endpoint& endpoint, Worker& worker,
                                                        MonoTime deadline) = 0;
};

}  // namespace moldau::env
