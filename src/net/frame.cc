#include "net/frame.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/endian.h"

namespace moldau::net {

namespace {

/// A frame's memory and the budget it was taken from, given back together.
struct HeldFrame {
  Block block;
  ByteBudget::Lease lease;
};

SharedBytes hold(Block block, ByteBudget::Lease lease) {
  auto held = std::make_shared<HeldFrame>(std::move(block), std::move(lease));
  const Bytes view = std::as_const(held->block).bytes();
  return {std::move(held), view};
}

bool starts_with(Bytes bytes, std::string_view text) {
  return as_text(bytes).starts_with(text);
}

}  // namespace

std::string_view foreign_protocol(Bytes start) {
  if (start.size() >= 2 && start[0] == 0x16 && start[1] == 0x03) return "a TLS handshake";
  for (const std::string_view method : {"GET ", "POST", "HEAD", "PUT ", "OPTI", "DELE", "PRI "}) {
    if (starts_with(start, method)) return "an HTTP request";
  }
  return {};
}

Result<std::size_t> frame_size(Bytes start, std::int32_t frame_bytes_max) {
  const auto size = load_be<std::int32_t>(start.data());
  if (size > 0 && size <= frame_bytes_max) return static_cast<std::size_t>(size);
  const std::string_view foreign = foreign_protocol(start);
  std::string text =
      size <= 0 ? fmt::format("a frame announces {} bytes", size)
                : fmt::format("a frame announces {} bytes, the limit is {}", size, frame_bytes_max);
  if (!foreign.empty()) text += fmt::format("; this looks like {}", foreign);
  return fail(size <= 0 ? Errc::corrupt : Errc::too_large, std::move(text));
}

FrameReader::FrameReader(env::Stream& stream, env::Worker& worker, ByteBudget* budget,
                         std::int32_t frame_bytes_max, Observer* observer)
    : stream_(stream),
      worker_(worker),
      budget_(budget),
      frame_bytes_max_(frame_bytes_max),
      observer_(observer),
      budget_signal_(worker) {}

MutBytes FrameReader::buffer() {
  return large_ ? MutBytes(large_->bytes) : MutBytes(small_);
}
Bytes FrameReader::buffer() const {
  return large_ ? Bytes(large_->bytes) : Bytes(small_);
}

Result<FrameReader::Frame> FrameReader::try_next() {
  const Bytes here = buffered();
  if (here.size() < frame_prefix_bytes) return Frame{};
  const std::size_t size = TRY(frame_size(here, frame_bytes_max_));
  if (here.size() - frame_prefix_bytes < size) return Frame{};
  if (may_share(size)) {
    Frame slice = SharedBytes(large_, here.subspan(frame_prefix_bytes, size));
    consume(frame_prefix_bytes + size);
    return slice;
  }
  ByteBudget::Lease lease;
  if (budget_ != nullptr && !budget_->try_take(lease, size)) return Frame{};
  Block block(size);
  std::memcpy(block.bytes().data(), here.data() + frame_prefix_bytes, size);
  consume(frame_prefix_bytes + size);
  return Frame{hold(std::move(block), std::move(lease))};
}

/// Whether a frame of this size may be a slice of the buffer, which is in the budget from then on.
bool FrameReader::may_share(std::size_t size) {
  if (!large_ || size < entry_bytes || end_ < piece_bytes / 2) return false;
  if (budget_ == nullptr || large_->lease.bytes() > 0) return true;
  return budget_->try_take(large_->lease, piece_bytes);
}

/// Whoever waits for the budget holds nothing of it but its frame: a full budget of buffers whose
/// readers wait for one another would never empty.
void FrameReader::leave_budget() {
  if (!large_ || large_->lease.bytes() == 0) return;
  auto own = std::make_shared_for_overwrite<Piece>();
  const Bytes rest = buffered();
  if (!rest.empty()) std::memcpy(own->bytes.data() + begin_, rest.data(), rest.size());
  large_ = std::move(own);
}

env::Task<Result<FrameReader::Frame>> FrameReader::next() {
  while (true) {
    Frame frame = CO_TRY(try_next());
    if (frame) co_return std::move(frame);
    if (buffered().size() >= frame_prefix_bytes) break;
    const bool more = CO_TRY(co_await fill());
    if (more) continue;
    if (begin_ == end_) co_return Frame{};
    co_return fail(Errc::truncated, "the peer left inside a frame");
  }
  const std::size_t size = CO_TRY(frame_size(buffered(), frame_bytes_max_));
  consume(frame_prefix_bytes);
  co_return co_await receive(size);
}

void FrameReader::consume(std::size_t count) {
  begin_ += count;
  if (begin_ < end_) return;
  begin_ = end_ = 0;
  large_.reset();
}

env::Task<Result<bool>> FrameReader::fill() {
  // At most three bytes are left over: they go to the front of the small buffer.
  const Bytes rest = buffered();
  if (!rest.empty()) std::memmove(small_.data(), rest.data(), rest.size());
  begin_ = 0;
  end_ = rest.size();
  large_.reset();
  const std::size_t left_over = end_;
  if (may_read_on()) read_more();
  if (end_ == left_over) {
    large_.reset();
    const std::size_t count = CO_TRY(co_await stream_.read_some(MutBytes(small_).subspan(end_)));
    if (count == 0) co_return false;
    end_ += count;
    read_on_bytes_ = 0;
    more_is_likely_ = end_ == small_.size();
    if (may_read_on() && is_for_buffer()) read_more();
  }
  if (observer_ != nullptr) observer_->on_bytes(end_ - left_over);
  co_return true;
}

/// What does not fit into the large buffer anyway is read straight into its block.
bool FrameReader::is_for_buffer() const {
  const auto announced = load_be<std::int32_t>(small_.data());
  return announced >= 0 && frame_prefix_bytes + static_cast<std::size_t>(announced) <= piece_bytes;
}

/// From the small buffer to the large one, with what else is here: perhaps many frames.
void FrameReader::read_more() {
  large_ = std::make_shared_for_overwrite<Piece>();
  std::memcpy(large_->bytes.data(), small_.data(), end_);
  end_ += read_on(buffer().subspan(end_));
}

/// Reads what is here without waiting. An error will meet the next read, after the frames.
std::size_t FrameReader::read_on(MutBytes into) {
  const auto more = stream_.try_read(into);
  const std::size_t count = more ? *more : 0;
  read_on_bytes_ += count;
  more_is_likely_ = count == into.size();
  return count;
}

env::Task<Result<FrameReader::Frame>> FrameReader::receive(std::size_t size) {
  filled_ = 0;
  allowed_ = 0;
  const std::size_t piece = std::min(size, piece_bytes);
  CO_TRY(co_await take(std::min(piece, std::max(entry_bytes, buffered().size()))));
  block_ = Block(piece);
  while (true) {
    const Bytes here = buffered();
    const std::size_t count = std::min(here.size(), allowed_ - filled_);
    if (count > 0) std::memcpy(block_.bytes().data() + filled_, here.data(), count);
    consume(count);
    filled_ += count;
    if (filled_ == size) break;
    if (filled_ < allowed_) {
      CO_TRY(co_await read_into_frame());
    } else if (filled_ < piece) {
      CO_TRY(co_await take(piece - filled_));
    } else {
      CO_TRY(co_await take(std::min({size - filled_, filled_, step_bytes_max})));
      if (block_.size() < size) start_whole(size);
    }
  }
  receiving_ = false;
  co_return Frame{hold(std::exchange(block_, Block()), std::exchange(lease_, {}))};
}

void FrameReader::start_whole(std::size_t size) {
  Block whole(size);
  std::memcpy(whole.bytes().data(), block_.bytes().data(), filled_);
  block_ = std::move(whole);
}

env::Task<Result<>> FrameReader::read_into_frame() {
  if (!receiving_) {
    receiving_ = true;
    progress_at_ = worker_.now();
    progress_to_ = filled_;
    if (observer_ != nullptr) observer_->on_partial_frame();
  }
  const MutBytes room = block_.bytes().subspan(filled_, allowed_ - filled_);
  std::size_t count = may_read_on() ? read_on(room) : 0;
  if (count == 0) {
    count = CO_TRY(co_await stream_.read_some(room));
    if (count == 0) co_return fail(Errc::truncated, "the peer left inside a frame");
    read_on_bytes_ = 0;
    more_is_likely_ = count == room.size();
  }
  // A client that sends small frames sends them together, and nothing more.
  if (block_.size() < entry_bytes) more_is_likely_ = false;
  filled_ += count;
  if (filled_ - progress_to_ >= progress_bytes_min) {
    progress_at_ = worker_.now();
    progress_to_ = filled_;
  }
  if (observer_ != nullptr) observer_->on_bytes(count);
  co_return Result<>{};
}

env::Task<Result<>> FrameReader::take(std::uint64_t bytes) {
  allowed_ += bytes;
  if (budget_ == nullptr || budget_->try_take(lease_, bytes)) co_return Result<>{};
  receiving_ = false;  // the peer is not to blame for this wait
  leave_budget();
  const ByteBudget::Claim claim(*budget_, lease_, bytes, budget_signal_);
  while (!claim.granted()) {
    CO_TRY(co_await budget_signal_.wait());
    if (aborted_) co_return fail(Errc::closed);
  }
  co_return Result<>{};
}

void FrameReader::abort() {
  aborted_ = true;
  budget_signal_.notify();
}

std::optional<MonoTime> FrameReader::stalled_since() const {
  return receiving_ ? std::optional(progress_at_) : std::nullopt;
}

}  // namespace moldau::net
