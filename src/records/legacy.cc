#include "records/legacy.h"

#include <zlib.h>

#include "base/endian.h"

namespace moldau::records {
namespace {

/// Positions in an entry.
constexpr std::size_t crc_at = 12;
constexpr std::size_t magic_at = 16;
constexpr std::size_t attributes_at = 17;
constexpr std::size_t timestamp_at = 18;

/// Takes an int32 length and so many bytes; a negative length is null.
bool take_nullable(Bytes& from, std::optional<Bytes>& value) {
  if (from.size() < 4) return false;
  const auto size = load_be<std::int32_t>(from.data());
  from = from.subspan(4);
  if (size < 0) return true;
  if (static_cast<std::size_t>(size) > from.size()) return false;
  value = from.first(static_cast<std::size_t>(size));
  from = from.subspan(value->size());
  return true;
}

/// The next entry inside a wrapper; null at the end or before a torn one, which old clients left.
Result<std::optional<LegacyMessage>> take_inner(Bytes& from) {
  Result<LegacyMessage> message = LegacyMessage::parse(from);
  if (!message) {
    if (message.error().code == Errc::truncated) return std::nullopt;
    return fail(Errc::corrupt, "inner message: " + message.error().context);
  }
  if (message->codec() != Codec::none) return fail(Errc::corrupt, "compressed inner message");
  from = from.subspan(message->size_in_bytes());
  return *message;
}

}  // namespace

Result<LegacyMessage> LegacyMessage::parse(Bytes bytes) {
  const BatchFrame frame = TRY(peek_frame(bytes));
  if (frame.magic >= magic_v2) return fail(Errc::unsupported, "not an old message");
  if (bytes.size() < frame.size) return fail(Errc::truncated, "old message");

  LegacyMessage message;
  message.bytes_ = bytes.first(frame.size);
  message.magic_ = frame.magic;
  message.record_.offset = Offset(load_be<std::int64_t>(bytes.data()));
  const int attributes = bytes[attributes_at];
  const std::optional<Codec> codec = codec_from_id(attributes & codec_mask);
  if (!codec || *codec == Codec::zstd) {
    return fail(Errc::corrupt, fmt::format("codec {} in an old message", attributes & codec_mask));
  }
  message.codec_ = *codec;
  Bytes rest = message.bytes_.subspan(timestamp_at);
  if (message.magic_ == 1) {
    if (rest.size() < 8) return fail(Errc::corrupt, "old message without timestamp");
    message.record_.timestamp = load_be<std::int64_t>(rest.data());
    rest = rest.subspan(8);
    if ((attributes & log_append_time_bit) != 0) {
      message.timestamp_type_ = TimestampType::log_append_time;
    }
  }
  if (!take_nullable(rest, message.record_.key) || !take_nullable(rest, message.record_.value)) {
    return fail(Errc::corrupt, "key or value of an old message");
  }
  return message;
}

Result<> LegacyMessage::verify_crc() const {
  const Bytes covered = bytes_.subspan(magic_at);
  const auto computed = static_cast<std::uint32_t>(crc32_z(0, covered.data(), covered.size()));
  const auto stored = load_be<std::uint32_t>(bytes_.data() + crc_at);
  if (computed == stored) return {};
  return fail(Errc::corrupt, fmt::format("old message at {}: crc {:08x}, computed {:08x}",
                                         record_.offset, stored, computed));
}

Result<> LegacyMessage::each(Decompressor& decompressor, std::size_t size_max,
                             const std::function<void(const LegacyRecord&)>& visit) const {
  if (codec_ == Codec::none) {
    visit(record_);
    return {};
  }
  if (!record_.value) return fail(Errc::corrupt, "wrapper without value");
  const Bytes inner =
      TRY(magic_ == 0 ? decompressor.decompress_magic_0(codec_, *record_.value, size_max)
                      : decompressor.decompress(codec_, *record_.value, size_max));

  Offset last = no_offset;
  Offset greatest = no_offset;
  for (Bytes rest = inner; auto message = TRY(take_inner(rest));) {
    last = message->record().offset;
    greatest = std::max(greatest, last);
  }
  if (greatest < Offset(0)) return fail(Errc::corrupt, "wrapper without messages");

  // Magic 1 numbers inner messages relative to the wrapper, which has the last one's offset; some
  // librdkafka versions left that at 0, and the relative offsets are then the offsets.
  std::int64_t base = 0;
  if (magic_ == 1 && record_.offset != Offset(0)) {
    if (last != greatest || record_.offset < last) {
      return fail(Errc::corrupt, "inner offset beyond the wrapper's");
    }
    base = record_.offset - last;
  }
  for (Bytes rest = inner; auto message = TRY(take_inner(rest));) {
    LegacyRecord record = message->record();
    record.offset += base;
    if (message->magic() == 1 && timestamp_type_ == TimestampType::log_append_time) {
      record.timestamp = record_.timestamp;
    }
    visit(record);
  }
  return {};
}

}  // namespace moldau::records
