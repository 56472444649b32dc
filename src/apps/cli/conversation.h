#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "protocol/json.h"
#include "protocol/schema.h"

namespace moldau::apps {

class JsonObject;

/// Takes one JSON object after the other, and how many of them say what is wrong.
struct DecodedOutput {
  std::function<void(std::string_view line)> print;
  std::uint64_t errors{0};
};

/// The message and version that an answer is decoded as.
struct AnswerForm {
  const protocol::Schema* schema;
  std::int16_t version;
};

/// The frames of one connection as JSON, an object a line. An answer is decoded as the request with
/// its correlation id says. What does not decode becomes an object with "error" and the first bytes
/// of the frame; of those that may hold credentials only as many as a header's fixed part has.
class Conversation {
 public:
  /// Requests that wait for their answer; older ones are forgotten (Produce with acks=0 never gets
  /// one).
  static constexpr std::size_t expected_max = 10'000;

  /// The two ends as text; empty outside of a capture.
  struct Ends {
    std::string client;
    std::string broker;
  };
  Conversation(const protocol::JsonOptions& json, Ends ends, DecodedOutput& output)
      : json_(json), ends_(std::move(ends)), output_(output) {}

  void request(const SharedBytes& frame);
  void response(const SharedBytes& frame);
  /// A response that is known from elsewhere.
  void response_as(const SharedBytes& frame, AnswerForm form);
  enum class Side : std::uint8_t { client, broker };
  void lost(Side from, const std::string& why);

  /// Whether these bytes of a stream can be a frame's start, its size in front.
  static bool is_request_start(Bytes start);
  bool is_response_start(Bytes start) const;

 private:
  JsonObject begin(Side from, std::string_view type) const;
  void expect(std::int32_t correlation_id, AnswerForm form);
  std::optional<AnswerForm> take_expected(std::int32_t correlation_id);
  bool is_token(const SharedBytes& frame) const;
  void token(Side from, const SharedBytes& frame);
  struct BadFrame {
    const SharedBytes& frame;
    const Error& error;
    std::size_t harmless_size;  ///< so many bytes at its start can be no secret
  };
  void bad_frame(JsonObject object, const BadFrame& bad);
  void print(const JsonObject& object);

  const protocol::JsonOptions& json_;
  const Ends ends_;
  DecodedOutput& output_;
  struct Expected {
    AnswerForm form;
    std::uint64_t number;  ///< of its request
  };
  std::map<std::int32_t, Expected> expected_;             // by correlation id
  std::map<std::uint64_t, std::int32_t> expected_order_;  // the same by number
  std::uint64_t requests_{0};
  bool has_tokens_{false};  ///< after SaslHandshake 0 come SASL's bytes without headers (KIP-43)
};

}  // namespace moldau::apps
