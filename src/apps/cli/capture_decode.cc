#include "apps/cli/capture_decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "apps/cli/capture.h"
#include "apps/cli/frame_splitter.h"
#include "apps/cli/packet.h"
#include "apps/cli/tcp_stream.h"

namespace moldau::apps {
namespace {

using Side = Conversation::Side;

/// Ports that are named where the right one was not among them.
constexpr std::size_t named_ports_max = 8;

/// One direction: segments -> bytes in order -> frames.
struct Direction {
  FrameSplitter frames;
  TcpStream stream;
  bool has_begun{false};

  explicit Direction(FrameSplitter::Sink sink)
      : frames(std::move(sink)),
        stream({.take = [this](Bytes bytes) { frames.add(bytes); },
                .gap = [this](std::uint64_t bytes) { frames.gap(bytes); }}) {}

  void add(const TcpSegment& segment) {
    if (segment.syn) {
      finish();
      frames.start(FrameSplitter::Begins::with_a_frame);
      stream.start(segment.sequence + 1);
    } else {
      if (!has_begun) frames.start(FrameSplitter::Begins::anywhere);
      stream.add(segment.sequence, segment.payload);
    }
    has_begun = true;
  }
  void finish() {
    stream.finish();
    frames.finish();
  }
};

/// Both directions of a connection. Does not move: its parts call each other.
class Connection {
 public:
  Connection(const CaptureOptions& options, Conversation::Ends ends, DecodedOutput& output)
      : conversation_(options.json, std::move(ends), output) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::uint64_t last_segment{0};  ///< the number of its last one in the capture

  void add(Side from, const TcpSegment& segment) {
    (from == Side::client ? client_ : broker_).add(segment);
  }
  void finish() {
    client_.finish();
    broker_.finish();
  }

 private:
  Conversation conversation_;
  Direction client_{
      {.take = [this](const SharedBytes& frame) { conversation_.request(frame); },
       .lost = [this](const std::string& why) { conversation_.lost(Side::client, why); },
       .is_start = Conversation::is_request_start}};
  Direction broker_{
      {.take = [this](const SharedBytes& frame) { conversation_.response(frame); },
       .lost = [this](const std::string& why) { conversation_.lost(Side::broker, why); },
       .is_start = [this](Bytes start) { return conversation_.is_response_start(start); }}};
};

class CaptureDecoder {
 public:
  CaptureDecoder(const CaptureOptions& options, DecodedOutput& output)
      : options_(options), output_(output) {}

  void add(const TcpSegment& segment) {
    if (is_broker(segment.to)) return add(Side::client, segment.from, segment.to, segment);
    if (is_broker(segment.from)) return add(Side::broker, segment.to, segment.from, segment);
    if (other_ports_.size() < named_ports_max && !segment.payload.empty()) {
      other_ports_.insert(std::min(segment.from.port, segment.to.port));
    }
  }

  Result<> finish() {
    for (auto& [ends, connection] : connections_) connection->finish();
    if (!connections_.empty()) return {};
    return fail(Errc::not_found, fmt::format("no TCP segment goes to or comes from port {}{}",
                                             fmt::join(options_.broker_ports, " or "), advice()));
  }

 private:
  using Ends = std::pair<PacketEnd, PacketEnd>;

  std::string advice() const {
    if (other_ports_.empty()) return ", nor is there any other: is this a capture of TCP?";
    return fmt::format("; there are others: {}. Name the broker's with --port",
                       fmt::join(other_ports_, ", "));
  }

  bool is_broker(const PacketEnd& end) const {
    return std::ranges::count(options_.broker_ports, std::int32_t{end.port}) > 0;
  }

  void add(Side from, const PacketEnd& client, const PacketEnd& broker, const TcpSegment& segment) {
    auto found = connections_.find(Ends(client, broker));
    if (found == connections_.end()) {
      if (connections_.size() >= captured_connections_max) forget_silent_ones();
      const Conversation::Ends names{client.to_string(), broker.to_string()};
      found =
          connections_
              .emplace(Ends(client, broker), std::make_unique<Connection>(options_, names, output_))
              .first;
    }
    found->second->last_segment = ++segments_;
    found->second->add(from, segment);
  }

  void forget_silent_ones() {
    std::vector<std::uint64_t> last_segments;
    last_segments.reserve(connections_.size());
    for (const auto& [ends, connection] : connections_) {
      last_segments.push_back(connection->last_segment);
    }
    const auto middle = last_segments.begin() + std::ssize(last_segments) / 2;
    std::ranges::nth_element(last_segments, middle);
    std::erase_if(connections_, [&](const auto& entry) {
      if (entry.second->last_segment > *middle) return false;
      entry.second->finish();
      return true;
    });
  }

  const CaptureOptions& options_;
  DecodedOutput& output_;
  std::map<Ends, std::unique_ptr<Connection>> connections_;
  std::set<std::uint16_t> other_ports_;
  std::uint64_t segments_{0};
};

}  // namespace

Result<> decode_capture(ByteSource source, const CaptureOptions& options, DecodedOutput& output) {
  CaptureReader reader(std::move(source));
  CaptureDecoder decoder(options, output);
  Packet packet;
  Result<bool> more = true;
  while ((more = reader.next(packet)) && *more) {
    if (const auto segment = parse_packet(packet)) decoder.add(*segment);
  }
  const auto finished = decoder.finish();
  if (!more) return std::unexpected(more.error());
  return finished;
}

}  // namespace moldau::apps
