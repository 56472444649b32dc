#include "apps/cli/tcp_stream.h"

#include <gtest/gtest.h>

#include <string>

#include "apps/cli/frame_splitter.h"

namespace moldau::apps {
namespace {

/// What a stream gives out: bytes as they are, gaps as "<4>".
class Stream {
 public:
  void start(std::uint32_t sequence) { stream_.start(sequence); }
  void add(std::uint32_t sequence, std::string_view text) { stream_.add(sequence, as_bytes(text)); }
  std::string finish() {
    stream_.finish();
    return given_;
  }
  const std::string& given() const { return given_; }

 private:
  std::string given_;
  TcpStream stream_{{.take = [this](Bytes bytes) { given_ += as_text(bytes); },
                     .gap = [this](std::uint64_t bytes) { given_ += fmt::format("<{}>", bytes); }}};
};

TEST(TcpStream, segments_out_of_order_are_put_in_order_also_where_numbers_wrap) {
  Stream stream;
  stream.start(0xfffffffe);
  stream.add(2, "efg");
  stream.add(0, "cd");
  EXPECT_EQ(stream.given(), "");
  stream.add(0xfffffffe, "ab");
  EXPECT_EQ(stream.given(), "abcdefg");
}

TEST(TcpStream, what_comes_twice_is_given_once) {
  Stream stream;
  stream.start(10);
  stream.add(10, "abc");
  stream.add(10, "abc");
  stream.add(11, "bcde");
  stream.add(20, "zz");
  stream.add(20, "zzz");
  stream.add(13, "defghij");
  EXPECT_EQ(stream.finish(), "abcdefghijzzz");
}

TEST(TcpStream, what_never_came_is_a_gap) {
  Stream stream;
  stream.start(0);
  stream.add(0, "ab");
  stream.add(6, "gh");
  stream.add(12, "mn");
  EXPECT_EQ(stream.given(), "ab");
  EXPECT_EQ(stream.finish(), "ab<4>gh<4>mn");
}

TEST(TcpStream, a_gap_is_given_up_when_too_much_waits_behind_it) {
  Stream stream;
  stream.start(0);
  for (std::uint32_t i = 0; i <= TcpStream::waiting_segments_max; ++i) {
    stream.add(5 + 2 * i, "x");
  }
  EXPECT_TRUE(stream.given().starts_with("<5>x")) << stream.given();
}

TEST(TcpStream, a_capture_that_begins_in_the_middle_begins_there) {
  Stream stream;
  stream.add(1'000, "ab");
  stream.add(999, "-");  // a keep-alive
  EXPECT_EQ(stream.finish(), "ab");
}

using namespace std::string_view_literals;

/// What a splitter takes, and "!" where it is lost.
class Frames {
 public:
  Frames() { splitter_.start(FrameSplitter::Begins::with_a_frame); }
  FrameSplitter& splitter() { return splitter_; }
  void add(std::string_view text) { splitter_.add(as_bytes(text)); }
  std::vector<std::string> taken;

 private:
  FrameSplitter splitter_{
      {.take = [this](const SharedBytes& frame) { taken.emplace_back(frame.text()); },
       .lost = [this](const std::string& why) { taken.push_back("!" + why); },
       .is_start = [](Bytes start) { return start.size() > 4 && start[4] == 'S'; }}};
};

TEST(FrameSplitter, frames_are_cut_wherever_segments_end) {
  Frames frames;
  frames.add("\0\0"sv);
  frames.add("\0\2ab\0\0\0\0\0"sv);
  frames.add("\0\0\1c"sv);
  EXPECT_EQ(frames.taken, (std::vector<std::string>{"ab", "", "c"}));
}

TEST(FrameSplitter, after_a_gap_it_goes_on_with_a_segment_that_begins_a_frame) {
  Frames frames;
  frames.add("\0\0\0\x5zz"sv);
  frames.splitter().gap(7);
  frames.add("\0\0\0\2zz"sv);
  frames.add("\0\0\0\2Sb"sv);
  EXPECT_EQ(frames.taken, (std::vector<std::string>{"!7 bytes are not in the capture", "Sb"}));
}

TEST(FrameSplitter, a_size_that_cannot_be_is_told_once_and_tls_by_its_name) {
  Frames frames;
  frames.add("\x16\3\1\2\0abc"sv);
  frames.add("more of it"sv);
  ASSERT_EQ(frames.taken.size(), 1u);
  EXPECT_NE(frames.taken[0].find("TLS"), std::string::npos) << frames.taken[0];
}

TEST(FrameSplitter, an_end_inside_of_a_frame_is_told) {
  Frames frames;
  frames.add("\0\0\0\2a"sv);
  frames.splitter().finish();
  EXPECT_EQ(frames.taken,
            std::vector<std::string>{"!ends inside of a frame, of which there are 5 bytes"});
}

}  // namespace
}  // namespace moldau::apps
