#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// The few requests that members of groups send, in one flexible version each, by hand: the load
/// must cost less than what it loads.
namespace group_load {

enum class Api : std::int16_t {
  offset_commit = 8,
  offset_fetch = 9,
  join = 11,
  heartbeat = 12,
  sync = 14,
  consumer_heartbeat = 68,
};

constexpr std::int16_t version_of(Api api) {
  switch (api) {
    case Api::offset_commit:
    case Api::join:
      return 9;
    case Api::offset_fetch:
      return 8;
    case Api::heartbeat:
      return 4;
    case Api::sync:
      return 5;
    case Api::consumer_heartbeat:
      break;
  }
  return 1;
}

class Writer {
 public:
  template <class Integer>
  Writer& fixed(Integer value) {
    for (int shift = 8 * (static_cast<int>(sizeof(Integer)) - 1); shift >= 0; shift -= 8) {
      out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift & 0xFFU));
    }
    return *this;
  }
  Writer& i16(std::int16_t value) { return fixed(value); }
  Writer& i32(std::int32_t value) { return fixed(value); }
  Writer& i64(std::int64_t value) { return fixed(value); }
  Writer& uvarint(std::uint32_t value) {
    for (; value > 0x7F; value >>= 7) out.push_back(static_cast<char>((value & 0x7FU) | 0x80U));
    out.push_back(static_cast<char>(value));
    return *this;
  }
  /// The length of a compact array.
  Writer& count(std::size_t value) { return uvarint(static_cast<std::uint32_t>(value + 1)); }
  Writer& null() { return uvarint(0); }
  Writer& tags() { return uvarint(0); }
  /// Compact text or bytes.
  Writer& text(std::string_view value) {
    count(value.size());
    out += value;
    return *this;
  }

  std::string out;
};

/// Throws std::runtime_error where the bytes end too early.
class Reader {
 public:
  explicit Reader(std::string_view data) : data_(data) {}

  std::string_view take(std::size_t size) {
    if (data_.size() < size) throw std::runtime_error("an answer ends too early");
    const auto taken = data_.substr(0, size);
    data_.remove_prefix(size);
    return taken;
  }
  template <class Integer>
  Integer fixed() {
    std::uint64_t value = 0;
    for (const char byte : take(sizeof(Integer)))
      value = value << 8 | static_cast<std::uint8_t>(byte);
    return static_cast<Integer>(value);
  }
  std::int8_t i8() { return fixed<std::int8_t>(); }
  std::int16_t i16() { return fixed<std::int16_t>(); }
  std::int32_t i32() { return fixed<std::int32_t>(); }
  std::uint32_t uvarint() {
    std::uint32_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const auto byte = fixed<std::uint8_t>();
      value |= (byte & 0x7FU) << shift;
      if (byte < 0x80) return value;
    }
  }
  /// Of a compact array; 0 for null.
  std::size_t count() {
    const std::uint32_t value = uvarint();
    return value == 0 ? 0 : value - 1;
  }
  std::string_view text() { return take(count()); }
  void tags() {
    for (std::uint32_t left = uvarint(); left > 0; --left) {
      uvarint();
      take(uvarint());
    }
  }

 private:
  std::string_view data_;
};

/// A whole frame: its size, the header, the body.
inline std::string frame(Api api, const Writer& body) {
  Writer header;
  header.i16(static_cast<std::int16_t>(api)).i16(version_of(api)).i32(0);
  header.i16(4).out += "load";
  header.tags();
  Writer whole;
  whole.i32(static_cast<std::int32_t>(header.out.size() + body.out.size()));
  return whole.out + header.out + body.out;
}

inline std::string join_request(std::string_view group, std::string_view member,
                                std::string_view topic) {
  Writer subscription;  // of the embedded consumer protocol, not flexible
  subscription.i16(0).i32(1).i16(static_cast<std::int16_t>(topic.size())).out += topic;
  subscription.i32(-1);
  Writer body;
  body.text(group).i32(45'000).i32(300'000).text(member).null().text("consumer").count(1);
  body.text("range").text(subscription.out).tags().null().tags();
  return frame(Api::join, body);
}

struct Assigned {
  std::string member;
  std::int32_t partition;
};

inline std::string sync_request(std::string_view group, std::int32_t generation,
                                std::string_view member, std::string_view topic,
                                const std::vector<Assigned>& all) {
  Writer body;
  body.text(group).i32(generation).text(member).null().text("consumer").text("range");
  body.count(all.size());
  for (const auto& one : all) {
    Writer assignment;
    assignment.i16(0).i32(1).i16(static_cast<std::int16_t>(topic.size())).out += topic;
    assignment.i32(1).i32(one.partition).i32(-1);
    body.text(one.member).text(assignment.out).tags();
  }
  body.tags();
  return frame(Api::sync, body);
}

inline std::string heartbeat_request(std::string_view group, std::int32_t generation,
                                     std::string_view member) {
  Writer body;
  body.text(group).i32(generation).text(member).null().tags();
  return frame(Api::heartbeat, body);
}

/// `owned`: the array of topic partitions as the broker has written it; empty: nothing has changed
/// since the last one.
inline std::string consumer_heartbeat_request(std::string_view group, std::string_view member,
                                              std::int32_t epoch, std::string_view topic,
                                              std::string_view owned) {
  Writer body;
  body.text(group).text(member).i32(epoch).null().null();
  if (epoch == 0) {
    body.i32(300'000).count(1).text(topic).null().null().count(0);
  } else {
    body.i32(-1).null().null().null();
    if (owned.empty()) {
      body.null();
    } else {
      body.out += owned;
    }
  }
  body.tags();
  return frame(Api::consumer_heartbeat, body);
}

/// Offsets of `partitions` partitions from `first` on.
struct Commit {
  std::string_view group;
  std::int32_t generation = -1;
  std::string_view member;
  std::string_view topic;
  std::int32_t first = 0;
  std::int32_t partitions = 1;
  std::int64_t offset = 0;
};

inline std::string commit_request(const Commit& commit) {
  Writer body;
  body.text(commit.group).i32(commit.generation).text(commit.member).null().count(1);
  body.text(commit.topic).count(static_cast<std::size_t>(commit.partitions));
  for (std::int32_t i = 0; i < commit.partitions; ++i) {
    body.i32(commit.first + i).i64(commit.offset).i32(-1).text("").tags();
  }
  body.tags().tags();
  return frame(Api::offset_commit, body);
}

/// The first error in the answer to a commit.
inline std::int16_t commit_error(Reader reader) {
  reader.i32();
  for (std::size_t topics = reader.count(); topics > 0; --topics) {
    reader.text();
    for (std::size_t partitions = reader.count(); partitions > 0; --partitions) {
      reader.i32();
      if (const auto error = reader.i16()) return error;
      reader.tags();
    }
    reader.tags();
  }
  return 0;
}

}  // namespace group_load
