#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "env/signal.h"
#include "env/task.h"
#include "env/transport.h"
#include "env/worker.h"
#include "net/byte_budget.h"

namespace moldau::net {

inline constexpr std::size_t frame_prefix_bytes = 4;

/// The size that a frame's first four bytes announce (int32, big-endian, without itself).
/// Errc::corrupt if it is not positive, Errc::too_large if it is over `frame_bytes_max`; the text
/// says what the peer seems to speak instead, if that can be told.
Result<std::size_t> frame_size(Bytes start, std::int32_t frame_bytes_max);

/// "a TLS handshake", "an HTTP request", or empty if `start` looks like neither.
std::string_view foreign_protocol(Bytes start);

/// Cuts what a stream brings into frames. One task at a time; on the stream's worker.
///
/// Memory: an idle reader has 512 bytes. When there is more to read, it reads up to 64 KiB, hence
/// many small frames, at once, and lets go of that buffer before it waits again. While its reads
/// bring all that they have room for it goes on without waiting: what arrived together is begun
/// together.
///
/// A frame of `entry_bytes` and more in a buffer that is at least half full is a slice of it,
/// nothing is copied. The buffer then takes all its bytes from the budget, once, until the last
/// slice is gone. Each other frame gets its own block and takes its bytes from the budget first:
/// `entry_bytes` or what is here already, then the rest of a `piece_bytes`, then as they arrive, in
/// growing steps. So a length that is only announced costs the entry. The final block of a frame
/// above a piece is allocated whole when that is full: pages that no byte has reached yet cost
/// address space only, and nothing is copied but the piece.
class FrameReader {
 public:
  static constexpr std::size_t entry_bytes = 4 << 10;
  static constexpr std::size_t piece_bytes = 64 << 10;
  static constexpr std::size_t step_bytes_max = 1 << 20;
  /// What one connection may bring before the others of its worker have their turn, and a piece.
  static constexpr std::size_t read_on_bytes_max = 256 << 10;
  /// Less than this in a while is no progress, unless it is the frame's end.
  static constexpr std::size_t progress_bytes_min = 4 << 10;

  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void on_bytes(std::size_t count) = 0;
    /// The reader is about to wait for the rest of a frame; see stalled_since.
    virtual void on_partial_frame() = 0;
  };

  /// What is referred to outlives the reader, the budget also the frames. Without a budget (null)
  /// memory is not counted, for clients; `observer` may be null.
  FrameReader(env::Stream& stream, env::Worker& worker, ByteBudget* budget,
              std::int32_t frame_bytes_max, Observer* observer);

  using Frame = std::optional<SharedBytes>;

  /// The next frame, without its size prefix, if all of it is here and the budget has room.
  Result<Frame> try_next();
  /// The next frame; nullopt when the peer has ended its data between two frames. Throws bad_alloc
  /// if there is no memory for it. Errors: of the stream; of frame_size; truncated (ended inside a
  /// frame); cancelled; closed (after abort).
  env::Task<Result<Frame>> next();

  /// Ends a wait for the budget. Close the stream, too.
  void abort();
  /// Since when a frame of which a part is here has made no progress; nullopt if the reader is not
  /// waiting for the peer inside a frame.
  std::optional<MonoTime> stalled_since() const;

 private:
  struct Piece {
    ByteBudget::Lease lease;  ///< all of it, once a frame is a slice of it
    std::array<std::uint8_t, piece_bytes> bytes;
  };

  Bytes buffered() const { return buffer().subspan(begin_, end_ - begin_); }
  MutBytes buffer();
  Bytes buffer() const;
  void consume(std::size_t count);
  /// Reads when less than a prefix is buffered; false at the end of the data.
  env::Task<Result<bool>> fill();
  bool may_share(std::size_t size);
  void leave_budget();
  bool is_for_buffer() const;
  void read_more();
  bool may_read_on() const {
    return more_is_likely_ && read_on_bytes_ < read_on_bytes_max && !is_short_of_memory();
  }
  /// Then what the budget does not know of, the large buffer, is not taken either.
  bool is_short_of_memory() const { return budget_ != nullptr && budget_->is_short(); }
  std::size_t read_on(MutBytes into);
  env::Task<Result<Frame>> receive(std::size_t size);
  env::Task<Result<>> take(std::uint64_t bytes);
  env::Task<Result<>> read_into_frame();
  void start_whole(std::size_t size);

  env::Stream& stream_;
  env::Worker& worker_;
  ByteBudget* const budget_;
  const std::int32_t frame_bytes_max_;
  Observer* const observer_;

  std::array<std::uint8_t, 512> small_;
  std::shared_ptr<Piece> large_;  // instead of small_ while it is there; filled only once
  std::size_t begin_{0};          // of what is read and not yet in a frame
  std::size_t end_{0};
  bool more_is_likely_{false};    // the last read got all that it had room for
  std::size_t read_on_bytes_{0};  // since the reader has waited

  // The frame that is being received.
  Block block_;
  ByteBudget::Lease lease_;
  std::size_t allowed_{0};  // bytes that were taken from the budget
  std::size_t filled_{0};
  bool receiving_{false};       // waiting for its rest
  MonoTime progress_at_{};      // the last time that it made progress
  std::size_t progress_to_{0};  // what filled_ was then

  env::Signal budget_signal_;
  bool aborted_{false};
};

}  // namespace moldau::net
