#include "broker/refusals.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include "protocol/answer_errors.h"

namespace moldau::broker {

namespace {

using protocol::AnswerError;
using protocol::ErrorCode;

/// An answer that is larger is not looked through to its end.
constexpr std::size_t structs_max = 1'000;
constexpr std::size_t text_bytes_max = 200;

/// Texts come from anybody: quoted, control characters escaped, and not longer than a line.
std::string quoted(std::string_view text) {
  if (text.size() <= text_bytes_max) return fmt::format("{:?}", text);
  return fmt::format("{:?}... ({} bytes)", text.substr(0, text_bytes_max), text.size());
}

std::string line_of(const RequestContext& context, const AnswerError& first, std::size_t count) {
  std::string line =
      fmt::format("request refused api={} version={} remote={} client={} error={}", context.api,
                  context.version, context.connection.remote.to_string(), quoted(context.client_id),
                  first.code);
  if (!first.about.empty()) line += fmt::format(" about={}", quoted(first.about));
  line += fmt::format(
      " reason={}", quoted(first.message.empty() ? protocol::message(first.code) : first.message));
  if (count > 1) line += fmt::format(" errors={}", count);
  return line;
}

/// Also what a member meets that was away for too long.
bool is_stale_member(ErrorCode error) {
  return error == ErrorCode::illegal_generation || error == ErrorCode::unknown_member_id ||
         error == ErrorCode::fenced_instance_id;
}

/// Asks for what nobody may have.
bool is_bad_input(ErrorCode error) {
  switch (error) {
    case ErrorCode::corrupt_message:
    case ErrorCode::invalid_fetch_size:
    case ErrorCode::message_too_large:
    case ErrorCode::offset_metadata_too_large:
    case ErrorCode::invalid_topic_exception:
    case ErrorCode::record_list_too_large:
    case ErrorCode::invalid_required_acks:
    case ErrorCode::inconsistent_group_protocol:
    case ErrorCode::invalid_group_id:
    case ErrorCode::invalid_session_timeout:
    case ErrorCode::invalid_commit_offset_size:
    case ErrorCode::invalid_timestamp:
    case ErrorCode::invalid_partitions:
    case ErrorCode::invalid_replication_factor:
    case ErrorCode::invalid_replica_assignment:
    case ErrorCode::invalid_config:
    case ErrorCode::invalid_request:
    case ErrorCode::policy_violation:
    case ErrorCode::out_of_order_sequence_number:
    case ErrorCode::invalid_producer_epoch:
    case ErrorCode::unsupported_compression_type:
    case ErrorCode::invalid_record:
    case ErrorCode::invalid_update_version:
    case ErrorCode::unsupported_version:
      return true;
    default:
      return false;
  }
}

/// The errors of one answer that are of one sort.
struct Found {
  std::optional<AnswerError> first;
  std::size_t count{0};

  void add(const AnswerError& error) {
    if (!first) first = error;
    ++count;
  }
};

}  // namespace

Refusals::~Refusals() {
  bad_.say_rest();
  stale_.say_rest();
}

bool Refusals::note(const RequestContext& context, const protocol::Schema& schema,
                    const void* answer) {
  Found bad;
  Found stale;
  protocol::for_each_error(schema, answer, structs_max, [&](const AnswerError& error) {
    if (is_bad_input(error.code)) bad.add(error);
    if (is_stale_member(error.code)) stale.add(error);
  });
  if (bad.first) {
    if (env::Log* log = bad_.admit(context.worker)) {
      log->warn("{}", line_of(context, *bad.first, bad.count));
    }
  } else if (stale.first) {
    if (env::Log* log = stale_.admit(context.worker)) {
      log->info("{}", line_of(context, *stale.first, stale.count));
    }
  }
  return bad.first || stale.first;
}

void Refusals::note_closed(const RequestContext& context) {
  if (env::Log* log = bad_.admit(context.worker)) {
    log->info("produce with acks=0 failed, closing the connection remote={} client={}",
              context.connection.remote.to_string(), quoted(context.client_id));
  }
}

}  // namespace moldau::broker
