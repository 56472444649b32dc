#include "apps/cli/byte_source.h"

#include <algorithm>
#include <cerrno>

namespace moldau::apps {

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

Result<std::size_t> ByteSource::read_file(MutBytes to) {
  if (file_ == nullptr || to.empty()) return std::size_t{0};
  const std::size_t count = std::fread(to.data(), 1, to.size(), file_.get());
  if (std::ferror(file_.get()) != 0) return fail_os(errno, name_);
  return count;
}

Result<std::size_t> ByteSource::read(MutBytes to) {
  const std::size_t from_front = std::min(to.size(), front_.size() - taken_);
  std::copy_n(front_.begin() + static_cast<std::ptrdiff_t>(taken_), from_front, to.begin());
  taken_ += from_front;
  return from_front + TRY(read_file(to.subspan(from_front)));
}

Result<Bytes> ByteSource::peek(std::size_t size) {
  const std::size_t held = front_.size() - taken_;
  if (held < size) {
    const std::size_t end = front_.size();
    front_.resize(end + size - held);
    const auto count = read_file(MutBytes(front_).subspan(end));
    front_.resize(end + count.value_or(0));
    if (!count) return std::unexpected(count.error());
  }
  const auto all = Bytes(front_).subspan(taken_);
  return all.first(std::min(size, all.size()));
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
