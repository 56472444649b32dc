#include "apps/cli/byte_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "apps/cli/stop_signals.h"

namespace moldau::apps {
namespace {

/// Small reads are served from so many bytes.
constexpr std::size_t buffer_size = std::size_t{64} << 10;

}  // namespace

Result<ByteSource> ByteSource::open(const std::string& path) {
  ByteSource source;
  source.name_ = path == "-" ? "standard input" : path;
  source.file_.reset(path == "-" ? stdin : std::fopen(path.c_str(), "re"));
  if (source.file_ == nullptr) return fail_os(errno, path);
  return source;
}

ByteSource ByteSource::of(std::vector<std::uint8_t> bytes) {
  ByteSource source;
  source.front_ = std::move(bytes);
  return source;
}

bool ByteSource::is_live() const {
  struct stat status{};
  return file_ != nullptr && ::fstat(::fileno(file_.get()), &status) == 0 &&
         !S_ISREG(status.st_mode);
}

/// None only at the end.
Result<std::size_t> ByteSource::read_file(MutBytes to) {
  while (file_ != nullptr && !has_ended_ && !to.empty()) {
    const int file = ::fileno(file_.get());
    const bool may_read = stop_ == nullptr || stop_->wait_for_input(file);
    const auto count = may_read ? ::read(file, to.data(), to.size()) : 0;
    if (count > 0) return static_cast<std::size_t>(count);
    if (count < 0 && errno != EINTR) return fail_os(errno, name_);
    has_ended_ = count == 0;
  }
  return std::size_t{0};
}

Result<std::size_t> ByteSource::read_some(MutBytes to) {
  if (held().empty() && to.size() >= buffer_size) return read_file(to);
  if (held().empty()) {
    taken_ = 0;
    front_.resize(buffer_size);
    const auto count = read_file(front_);
    front_.resize(count.value_or(0));
    if (!count) return count;
  }
  const auto front = held().first(std::min(to.size(), held().size()));
  std::ranges::copy(front, to.begin());
  taken_ += front.size();
  return front.size();
}

Result<std::size_t> ByteSource::read(MutBytes to) {
  std::size_t count = 0;
  while (count < to.size()) {
    const std::size_t more = TRY(read_some(to.subspan(count)));
    if (more == 0) break;
    count += more;
  }
  return count;
}

Result<Bytes> ByteSource::peek(std::size_t size) {
  while (held().size() < size) {
    const std::size_t end = front_.size();
    front_.resize(end + size - held().size());
    const auto count = read_file(MutBytes(front_).subspan(end));
    front_.resize(end + count.value_or(0));
    if (!count) return std::unexpected(count.error());
    if (*count == 0) break;
  }
  return held().first(std::min(size, held().size()));
}

Result<std::vector<std::uint8_t>> ByteSource::rest(std::size_t size_max) {
  constexpr std::size_t step = std::size_t{1} << 20;
  std::vector<std::uint8_t> all;
  for (;;) {
    const std::size_t end = all.size();
    all.resize(end + step);
    const std::size_t count = TRY(read(MutBytes(all).subspan(end)));
    all.resize(end + count);
    if (all.size() > size_max) {
      return fail(Errc::too_large, fmt::format("{}: more than {} bytes", name_, size_max));
    }
    if (count < step) return all;
  }
}

}  // namespace moldau::apps
