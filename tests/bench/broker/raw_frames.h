#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <isa-l/crc.h>

namespace moldau::bench {

/// Big-endian bytes, as all of Kafka's protocol.
inline void put(std::string& to, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    to += static_cast<char>(value >> shift);
  }
}

inline uint32_t get32(const char* from) {
  uint32_t value = 0;
  std::memcpy(&value, from, sizeof(value));
  return __builtin_bswap32(value);
}

inline void set32(char* to, uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(to, &value, sizeof(value));
}

inline uint32_t crc32c(const char* data, size_t size) {
  return ~crc32_iscsi(reinterpret_cast<unsigned char*>(const_cast<char*>(data)),
                      static_cast<int>(size), ~0U);
}

// A Produce request v7 (not flexible) of one batch for one partition, so that what the bare loop
// needs is at fixed places: the client's id is empty and the topic's name has eight letters.
inline constexpr std::string_view raw_topic = "rawtopic";
inline constexpr size_t correlation_at = 8;
inline constexpr size_t partition_at = 40;
inline constexpr size_t batch_at = 48;
inline constexpr size_t batch_checked_at = 21;  ///< in the batch: what the CRC covers begins here
inline constexpr size_t batch_crc_at = 17;
/// Its answer: size, correlation id, one topic, one partition: index, error, base offset, log
/// append time, log start; throttle time.
inline constexpr size_t answer_bytes = 60;
inline constexpr size_t answer_partition_at = 26;
inline constexpr size_t answer_error_at = 30;

inline void put_varint(std::string& to, int64_t value) {
  auto left = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  for (; left > 0x7F; left >>= 7) to += static_cast<char>(left | 0x80);
  to += static_cast<char>(left);
}

inline std::string make_batch(int records, int record_bytes, int64_t now_ms) {
  std::string body;
  put(body, 0, 2);  // attributes
  put(body, static_cast<uint64_t>(records - 1), 4);
  put(body, static_cast<uint64_t>(now_ms), 8);
  put(body, static_cast<uint64_t>(now_ms), 8);
  put(body, ~0ULL, 8);  // no producer id, epoch, sequence
  put(body, ~0ULL, 2);
  put(body, ~0ULL, 4);
  put(body, static_cast<uint64_t>(records), 4);
  const std::string value(static_cast<size_t>(record_bytes), 'm');
  for (int index = 0; index < records; ++index) {
    std::string record(2, '\0');  // attributes, timestamp delta
    put_varint(record, index);
    put_varint(record, -1);  // no key
    put_varint(record, record_bytes);
    record += value;
    put_varint(record, 0);  // no headers
    put_varint(body, static_cast<int64_t>(record.size()));
    body += record;
  }
  std::string batch;
  put(batch, 0, 8);
  put(batch, body.size() + 9, 4);
  put(batch, ~0ULL, 4);  // leader epoch
  put(batch, 2, 1);      // magic
  put(batch, crc32c(body.data(), body.size()), 4);
  return batch + body;
}

inline std::string make_request(const std::string& batch, int acks) {
  std::string frame(4, '\0');
  put(frame, 0, 2);  // Produce
  put(frame, 7, 2);
  put(frame, 0, 4);    // correlation id
  put(frame, 0, 2);    // client's id
  put(frame, ~0U, 2);  // no transactional id
  put(frame, static_cast<uint64_t>(acks), 2);
  put(frame, 30'000, 4);
  put(frame, 1, 4);
  put(frame, raw_topic.size(), 2);
  frame += raw_topic;
  put(frame, 1, 4);
  put(frame, 0, 4);  // partition
  put(frame, batch.size(), 4);
  frame += batch;
  set32(frame.data(), static_cast<uint32_t>(frame.size() - 4));
  return frame;
}

}  // namespace moldau::bench
