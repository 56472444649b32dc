#include <array>
#include <string>

#include "base/check.h"
#include "base/prng.h"
#include "checksums.h"
#include "protocol/writer.h"
#include "raft/control_records.h"
#include "records/builder.h"
#include "records/control.h"
#include "seeds.h"

namespace moldau::fuzz {
namespace {

using protocol::Writer;
using records::BatchKind;
using records::Codec;

constexpr Codec codecs[] = {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};
constexpr std::uint8_t right_checksums = 0x01;
constexpr std::uint8_t any_codec = 0xe0;  // as record_batches_fuzz.cc has its options

SharedBytes batch_of(int count, const records::BatchOptions& options) {
  const records::Header headers[] = {{.key = "trace", .value = as_bytes("1")},
                                     {.key = "", .value = std::nullopt}};
  records::BatchBuilder builder(options);
  for (int i = 0; i < count; ++i) {
    const std::string key = fmt::format("key-{}", i);
    records::NewRecord record{.timestamp = 1'700'000'000'000 + i, .value = as_bytes("value")};
    if (i % 3 != 2) record.key = as_bytes(key);
    if (i % 4 == 3) record.value.reset();
    if (i % 2 == 1) record.headers = headers;
    builder.append(record);
  }
  return std::move(builder).build();
}

void add_new_batches(Seeds& seeds) {
  for (const Codec codec : codecs) {
    for (const int count : {1, 2, 20}) {
      const auto plain = batch_of(count, {.codec = codec});
      for (const std::uint8_t options : {0xe0, 0xf1, 0xe3, 0x21, 0x01, 0x41, 0x61, 0x81}) {
        seeds.add("record_batches", chosen(options, plain.bytes()));
      }
      const auto transactional = batch_of(count, {.codec = codec,
                                                  .kind = BatchKind::transactional,
                                                  .producer_id = ProducerId(9),
                                                  .producer_epoch = ProducerEpoch(1),
                                                  .base_sequence = 4});
      seeds.add("record_batches", chosen(any_codec | right_checksums, transactional.bytes()));
    }
  }
  const auto marker = records::build_end_txn_batch({.producer_id = ProducerId(9)});
  seeds.add("record_batches", chosen(any_codec | right_checksums, marker.bytes()));
  const auto emptied = batch_of(0, {.last_offset_delta = 5, .max_timestamp = 8});
  seeds.add("record_batches", chosen(any_codec | right_checksums, emptied.bytes()));
}

struct OldMessage {
  std::uint8_t magic;
  Codec codec;
  std::int64_t offset;
};

SharedBytes old_message(const OldMessage& message, Bytes value) {
  Writer body;
  body.put(std::uint32_t{0});  // checksum
  body.put(message.magic);
  body.put(static_cast<std::uint8_t>(message.codec));
  if (message.magic == 1) body.put(std::int64_t{1'600'000'000'000});
  body.put(std::int32_t{-1});  // no key
  body.put(static_cast<std::int32_t>(value.size()));
  body.put_bytes(value);
  const SharedBytes bytes = body.take();
  Writer out;
  out.put(message.offset);
  out.put(static_cast<std::int32_t>(bytes.size()));
  out.put_bytes(bytes.bytes());
  return out.take();
}

void add_old_messages(Seeds& seeds) {
  for (const std::uint8_t magic : {0, 1}) {
    Writer two;
    for (const std::int64_t offset : {0, 1}) {
      two.put_bytes(old_message({magic, Codec::none, offset}, as_bytes("v")).bytes());
    }
    const SharedBytes inner = two.take();
    seeds.add("record_batches", chosen(right_checksums, inner.bytes()));
    for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4}) {
      const auto packed = records::compress(codec, records::level_default(codec), inner.bytes());
      CHECK(packed, "{}", packed.error().to_string());
      const auto wrapper = old_message({magic, codec, 11}, packed->bytes());
      seeds.add("record_batches", chosen(right_checksums, wrapper.bytes()));
    }
  }
}

void add_snapshots(Seeds& seeds) {
  const protocol::VotersRecord voters{.voters = {{.voter_id = NodeId(1)}}};
  const raft::ControlRecord head[] = {protocol::SnapshotHeaderRecord{},
                                      protocol::KRaftVersionRecord{.kraft_version = 1}, voters};
  const raft::ControlRecord foot[] = {protocol::SnapshotFooterRecord{}};
  const raft::ControlRecord leader[] = {protocol::LeaderChangeMessage{.leader_id = NodeId(1)}};
  Writer snapshot;
  snapshot.put_bytes(raft::build_control_batch(head, Offset(0), LeaderEpoch(1), 5).bytes());
  for (const Codec codec : codecs) {
    snapshot.put_bytes(batch_of(3, {.base_offset = Offset(4), .codec = codec}).bytes());
  }
  snapshot.put_bytes(raft::build_control_batch(foot, Offset(9), LeaderEpoch(1), 5).bytes());
  const SharedBytes file = snapshot.take();
  seeds.add("raft_records", chosen(1, file.bytes()));
  seeds.add("raft_records", chosen(2, file.bytes()));
  const auto change = raft::build_control_batch(leader, Offset(0), LeaderEpoch(1), 5);
  seeds.add("raft_records", chosen(1, change.bytes()));
}

/// An input of two areas (try_decompress.cc): a decompressor meets `earlier` first.
std::vector<std::uint8_t> after(Bytes earlier, std::uint8_t options, Bytes area) {
  constexpr std::uint8_t two_areas = 0x04;
  const std::size_t size = earlier.size() + 1;  // with its own options
  std::vector<std::uint8_t> rest{static_cast<std::uint8_t>(size),
                                 static_cast<std::uint8_t>(size >> 8), options};
  rest.insert(rest.end(), earlier.begin(), earlier.end());
  rest.insert(rest.end(), area.begin(), area.end());
  return chosen(options | two_areas, rest);
}

}  // namespace

void add_batches(Seeds& seeds) {
  add_new_batches(seeds);
  add_old_messages(seeds);
  add_snapshots(seeds);
}

void add_compressed(Seeds& seeds) {
  Prng prng(2);
  std::vector<std::uint8_t> area(70'000);
  for (std::size_t i = 0; i < area.size(); ++i) {
    area[i] = static_cast<std::uint8_t>(i % 31 == 0 ? prng.next() : 'a' + i % 5);
  }
  for (const Codec codec : codecs) {
    if (codec == Codec::none) continue;
    const std::string target = fmt::format("decompress_{}", records::name(codec));
    const auto packed = [&](std::size_t size) {
      auto result =
          records::compress(codec, records::level_default(codec), Bytes(area).first(size));
      CHECK(result, "{}", result.error().to_string());
      return *std::move(result);
    };
    const SharedBytes small = packed(10);
    for (const std::size_t size : {0, 1, 10, 300, 5000, 70'000}) {
      const SharedBytes one = packed(size);
      for (const std::uint8_t options : {0, 1, 2}) {
        seeds.add(target, chosen(options, one.bytes()));
        seeds.add(target, after(one.bytes(), options, small.bytes()));
        seeds.add(target, after(one.bytes().first(one.size() / 2), options, small.bytes()));
      }
    }
  }
}

}  // namespace moldau::fuzz
