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

void say(env::Log& log, const RequestContext& context, const AnswerError& first,
         std::size_t count) {
  std::string line =
      fmt::format("request refused api={} version={} remote={} client={} error={}", context.api,
                  context.version, context.connection.remote.to_string(), quoted(context.client_id),
                  first.code);
  if (!first.about.empty()) line += fmt::format(" about={}", quoted(first.about));
  line += fmt::format(
      " reason={}", quoted(first.message.empty() ? protocol::message(first.code) : first.message));
  if (count > 1) line += fmt::format(" errors={}", count);
  log.warn("{}", line);
}

}  // namespace

bool is_bad_input(ErrorCode error) {
  switch (error) {
    case ErrorCode::corrupt_message:
    case ErrorCode::invalid_fetch_size:
    case ErrorCode::message_too_large:
    case ErrorCode::offset_metadata_too_large:
    case ErrorCode::invalid_topic_exception:
    case ErrorCode::record_list_too_large:
    case ErrorCode::invalid_required_acks:
    case ErrorCode::illegal_generation:
    case ErrorCode::inconsistent_group_protocol:
    case ErrorCode::invalid_group_id:
    case ErrorCode::unknown_member_id:
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
    case ErrorCode::fenced_instance_id:
    case ErrorCode::invalid_record:
    case ErrorCode::group_max_size_reached:
    case ErrorCode::invalid_update_version:
    case ErrorCode::unsupported_version:
      return true;
    default:
      return false;
  }
}

void Refusals::note(const RequestContext& context, const protocol::Schema& schema,
                    const void* answer) {
  std::optional<AnswerError> first;
  std::size_t count = 0;
  protocol::for_each_error(schema, answer, structs_max, [&](const AnswerError& error) {
    if (!is_bad_input(error.code)) return;
    if (!first) first = error;
    ++count;
  });
  if (!first) return;
  if (env::Log* log = log_.admit(context.worker)) say(*log, context, *first, count);
}

}  // namespace moldau::broker
