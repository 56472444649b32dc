#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "apps/cli/byte_source.h"
#include "apps/cli/capture.h"
#include "apps/cli/capture_decode.h"
#include "apps/cli/conversation.h"
#include "apps/cli/frame_splitter.h"
#include "apps/cli/hex_text.h"
#include "apps/cli/message_lookup.h"
#include "apps/cli/options.h"
#include "apps/cli/protocol_commands.h"
#include "apps/cli/stop_signals.h"
#include "apps/cli/verb.h"

namespace moldau::apps {
namespace {

enum class Input : std::uint8_t { any, hex, binary, capture };

/// More hexadecimal text than this is no paste.
constexpr std::size_t hex_text_bytes_max = std::size_t{256} << 20;
/// So many bytes decide what the input is.
constexpr std::size_t start_size = 4096;
constexpr std::size_t read_size = std::size_t{64} << 10;

struct Options {
  std::string file{"-"};
  Input input{Input::any};
  std::vector<std::int32_t> ports;
  bool request{false};
  std::string response;
  std::optional<std::int64_t> version;
  bool no_size{false};
  bool records{false};
  bool show_secrets{false};
};

struct Decode {
  Options options;
  std::optional<AnswerForm> answer;  ///< the frames are answers of this form
  protocol::JsonOptions json;
};

/// Throws UsageError for an API or version that there is not.
std::optional<AnswerForm> answer_form(const Options& options) {
  if (options.response.empty()) return std::nullopt;
  for (const auto* schema : find_messages(options.response)) {
    const auto& info = schema->info;
    if (info.type != protocol::MessageType::response) continue;
    const std::int64_t version = options.version.value_or(info.latest_stable());
    if (version < info.versions.lowest || version > info.versions.highest) {
      throw UsageError(fmt::format("{} has versions {} to {}, not {}", info.name,
                                   info.versions.lowest, info.versions.highest, version));
    }
    return AnswerForm{schema, static_cast<std::int16_t>(version)};
  }
  throw UsageError(
      fmt::format("--response {}: no such API. All: moldau protocol list", options.response));
}

Decode resolve(const Options& options) {
  if (options.request && !options.response.empty()) {
    throw UsageError("--request and --response: the frames are one or the other");
  }
  if (options.version && options.response.empty()) {
    throw UsageError(
        "--version says how to read an answer: give --response, too. A request's "
        "header names its own");
  }
  if (options.input == Input::capture && (options.no_size || !options.response.empty())) {
    throw UsageError("--no-size and --response are for bytes, not for a capture");
  }
  protocol::JsonOptions json;
  json.secrets = options.show_secrets ? protocol::Secrets::shown : protocol::Secrets::hidden;
  json.records = options.records ? protocol::JsonOptions::Records::content
                                 : protocol::JsonOptions::Records::summary;
  return {options, answer_form(options), json};
}

/// Of an input that is still being made there may be no more than the first bytes yet: they tell a
/// capture, and a frame, whose size is no text.
Result<Input> guess(ByteSource& source) {
  const auto first = TRY(source.peek(sizeof(std::uint32_t)));
  if (looks_like_capture(first)) return Input::capture;
  if (!looks_like_hex(first)) return Input::binary;
  return looks_like_hex(TRY(source.peek(start_size))) ? Input::hex : Input::binary;
}

Result<> decode_bytes(ByteSource source, const Decode& decode, DecodedOutput& output) {
  Conversation conversation(decode.json, {}, output);
  const auto side = decode.answer ? Conversation::Side::broker : Conversation::Side::client;
  const auto take = [&](const SharedBytes& frame) {
    decode.answer ? conversation.response_as(frame, *decode.answer) : conversation.request(frame);
  };
  if (decode.options.no_size) {
    take(SharedBytes::adopt(TRY(source.rest(FrameSplitter::frame_size_max))));
    return {};
  }
  FrameSplitter frames({.take = take,
                        .lost = [&](const std::string& why) { conversation.lost(side, why); },
                        .is_start = [](Bytes) { return false; }});
  frames.start(FrameSplitter::Begins::with_a_frame);
  std::vector<std::uint8_t> buffer(read_size);
  for (;;) {
    const std::size_t count = TRY(source.read_some(buffer));
    if (count == 0) break;
    frames.add(Bytes(buffer).first(count));
  }
  frames.finish();
  return {};
}

Result<> decode_input(ByteSource source, const Decode& decode, DecodedOutput& output) {
  if (TRY(source.peek(1)).empty()) {
    return fail(Errc::invalid, "nothing to decode: the input is empty");
  }
  const auto input = decode.options.input == Input::any ? TRY(guess(source)) : decode.options.input;
  if (input == Input::capture) {
    CaptureOptions options{.json = decode.json};
    if (!decode.options.ports.empty()) options.broker_ports = decode.options.ports;
    return decode_capture(std::move(source), options, output);
  }
  if (input == Input::hex) {
    const auto text = TRY(source.rest(hex_text_bytes_max));
    source = ByteSource::of(TRY(parse_hex(as_text(text))));
  }
  return decode_bytes(std::move(source), decode, output);
}

int run(const Decode& decode) {
  auto source = ByteSource::open(decode.options.file);
  if (!source) return report(source.error());
  // Nobody waits for the end of what tcpdump writes: each line goes out at once, and a signal ends
  // it in good order.
  std::optional<StopSignals> stop;
  if (source->is_live()) {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    source->end_by(stop.emplace());
  }
  DecodedOutput output{.print = [](std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
  }};
  const auto done = decode_input(std::move(*source), decode, output);
  if (output.errors > 0) return exit_failed;
  // It may have come inside of a packet, or before the first.
  return stop && stop->asked() ? exit_ok : exit_code(done);
}

void add_options(Command app, Options& options) {
  app.add_option("file", options.file, "default: standard input").type_name("FILE");
  add_choice<Input>(app, "--input", options.input,
                    {{"any", Input::any},
                     {"hex", Input::hex},
                     {"binary", Input::binary},
                     {"pcap", Input::capture}},
                    "what the input is; any: look");
  app.add_option("--port", options.ports, "of brokers in a capture; may be repeated; default: 9092")
      .repeated()
      .type_name("N");
  app.add_flag("--request", options.request, "the bytes are requests (this is the default)");
  app.add_option("--response", options.response, "the bytes are answers of this API")
      .type_name("API");
  app.add_option("--version", options.version,
                 "the version of the answers; default: the newest that is stable")
      .type_name("N");
  app.add_flag("--no-size", options.no_size, "the bytes are one frame without its size in front");
  app.add_flag("--records", options.records, "the keys and values of records, too");
  app.add_flag("--show-secrets", options.show_secrets, "passwords, keys and tokens, too");
}

}  // namespace

void add_protocol_decode(Command group, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app = group.add_subcommand("decode", "bytes from the wire as JSON, a frame a line");
  app.footer(
      "Reads hexadecimal text, raw bytes, and captures (pcap, pcapng). In a capture an answer is\n"
      "read as the request with its correlation id says; TCP's segments are put in order first.\n"
      "What does not decode is printed with \"error\" and the first bytes of its frame; then the\n"
      "exit code is 1. Credentials are \"[hidden]\". Of a pipe each frame is printed as soon as "
      "it\n"
      "is there; Ctrl-C ends it in good order.\n\n"
      "Examples:\n"
      "  tcpdump -i lo -U -w - 'tcp port 9092' | moldau protocol decode\n"
      "  moldau protocol decode capture.pcapng --port 9092 --port 9093\n"
      "  echo 0000000c001200000000000700026d65 | moldau protocol decode\n"
      "  moldau protocol decode answer.bin --response metadata --version 12");
  add_options(app, *options);
  app.callback([&chosen, options] {
    chosen.run = [decode = resolve(*options)](World&) { return run(decode); };
  });
}

}  // namespace moldau::apps
