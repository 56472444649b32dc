#include "apps/cli/capture.h"

#include <gtest/gtest.h>

#include "apps/cli/packet.h"
#include "apps/cli/test_captures.h"

namespace moldau::apps {
namespace {

/// What the segments of a capture carry, "ADDRESS>ADDRESS payload" each; errors begin with "!".
std::vector<std::string> segments(const RawBytes& file) {
  CaptureReader reader(ByteSource::of(file));
  std::vector<std::string> result;
  Packet packet;
  for (;;) {
    const auto more = reader.next(packet);
    if (!more) result.push_back("!" + std::string(name(more.error().code)));
    if (!more || !*more) return result;
    const auto segment = parse_packet(packet);
    if (!segment) continue;
    result.push_back(fmt::format("{}>{} {}", segment->from.to_string(), segment->to.to_string(),
                                 as_text(segment->payload)));
  }
}

RawBytes packet4() {
  return ipv4(tcp({.payload = raw("hello")}));
}
const std::vector<std::string> hello4{"10.0.0.1:50000>10.0.0.2:9092 hello"};
const std::vector<std::string> hello6{"[::2]:50000>[::1]:9092 hello"};

TEST(Capture, pcap_is_read_in_both_byte_orders_and_with_nanoseconds) {
  for (const auto order : {ByteOrder::big, ByteOrder::little}) {
    for (const std::uint32_t magic : {0xa1b2c3d4u, 0xa1b23c4du}) {
      EXPECT_EQ(segments(pcap({ethernet(packet4())}, 1, order, magic)), hello4);
    }
  }
}

TEST(Capture, pcapng_is_read_in_both_byte_orders) {
  for (const auto order : {ByteOrder::big, ByteOrder::little}) {
    EXPECT_EQ(segments(pcapng({ethernet(packet4())}, 1, order)), hello4);
  }
}

TEST(Capture, a_file_may_have_several_sections_of_other_byte_orders) {
  auto file = pcapng({ethernet(packet4())}, 1, ByteOrder::big);
  append(file, pcapng({packet4()}, 101, ByteOrder::little));
  EXPECT_EQ(segments(file), (std::vector<std::string>{hello4[0], hello4[0]}));
}

TEST(Capture, every_kind_of_link_is_read) {
  const auto v6 = ipv6(tcp({.payload = raw("hello")}));
  EXPECT_EQ(segments(pcap({ethernet(v6, 0x86dd)}, 1)), hello6);
  EXPECT_EQ(segments(pcap({packet4()}, 101)), hello4);
  EXPECT_EQ(segments(pcap({v6}, 229)), hello6);
  auto null = number(2, 4, ByteOrder::little);
  append(null, packet4());
  EXPECT_EQ(segments(pcap({null}, 0)), hello4);
  RawBytes sll(14, 0);
  append(sll, number(0x0800, 2));
  append(sll, packet4());
  EXPECT_EQ(segments(pcap({sll}, 113)), hello4);
  RawBytes sll2 = number(0x86dd, 2);
  append(sll2, RawBytes(18, 0));
  append(sll2, v6);
  EXPECT_EQ(segments(pcap({sll2}, 276)), hello6);
  EXPECT_TRUE(segments(pcap({packet4()}, 147)).empty());
}

TEST(Capture, tags_of_vlans_and_extension_headers_are_passed_over) {
  RawBytes tagged = number(5, 2);
  append(tagged, number(0x8100, 2));
  append(tagged, number(7, 2));
  append(tagged, number(0x0800, 2));
  append(tagged, packet4());
  EXPECT_EQ(segments(pcap({ethernet(tagged, 0x88a8)}, 1)), hello4);
  RawBytes options{6, 0, 1, 4, 0, 0, 0, 0};
  append(options, tcp({.payload = raw("hello")}));
  EXPECT_EQ(segments(pcap({ipv6(options, 0)}, 101)), hello6);
}

TEST(Capture, padding_behind_a_packet_is_no_payload) {
  auto padded = ethernet(packet4());
  append(padded, RawBytes(6, 'P'));
  EXPECT_EQ(segments(pcap({padded}, 1)), hello4);
}

TEST(Capture, other_protocols_and_fragments_are_left_out) {
  auto fragment = packet4();
  fragment[6] = 0x20;  // more fragments
  EXPECT_TRUE(segments(pcap({ipv4(tcp({}), 17), fragment}, 101)).empty());
}

TEST(Capture, a_file_that_is_cut_off_gives_what_came_before) {
  auto file = pcap({packet4(), packet4()}, 101);
  file.resize(file.size() - 3);
  EXPECT_EQ(segments(file), (std::vector<std::string>{hello4[0], "!truncated"}));
  auto ng = pcapng({packet4(), packet4()}, 101, ByteOrder::little);
  ng.resize(ng.size() - 3);
  EXPECT_EQ(segments(ng), (std::vector<std::string>{hello4[0], "!truncated"}));
}

TEST(Capture, an_absurd_length_takes_no_memory) {
  auto file = pcap({packet4()}, 101);
  file[24 + 8 + 3] = 0x7f;
  EXPECT_EQ(segments(file), std::vector<std::string>{"!corrupt"});
  EXPECT_EQ(segments(raw("GET / HTTP/1.1")), std::vector<std::string>{"!unsupported"});
}

TEST(Capture, no_prefix_and_no_flipped_byte_of_a_capture_breaks_the_reader) {
  const auto file =
      pcapng({ethernet(packet4()), ethernet(ipv6(tcp({})), 0x86dd)}, 1, ByteOrder::little);
  for (std::size_t i = 0; i < file.size(); ++i) {
    EXPECT_LE(
        segments(RawBytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(i))).size(), 3u);
    for (const std::uint8_t value : {std::uint8_t{0}, std::uint8_t{0x7f}, std::uint8_t{0xff}}) {
      auto changed = file;
      changed[i] = value;
      EXPECT_LE(segments(changed).size(), 3u);
    }
  }
}

}  // namespace
}  // namespace moldau::apps
