#include "protocol/answer_errors.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "protocol/messages/create_topics.h"
#include "protocol/messages/heartbeat.h"
#include "protocol/messages/produce.h"

namespace moldau::protocol {
namespace {

std::vector<std::string> errors_of(const auto& answer, std::size_t structs_max = 100) {
  std::vector<std::string> errors;
  for_each_error(answer.schema, &answer, structs_max, [&](const AnswerError& error) {
    errors.push_back(fmt::format("{} {:?} {:?}", error.code, error.about, error.message));
  });
  return errors;
}

using Errors = std::vector<std::string>;

TEST(AnswerErrors, an_answer_without_an_error_has_none) {
  ProduceResponse answer;
  answer.responses.emplace_back().partition_responses.resize(3);
  EXPECT_EQ(errors_of(answer), Errors{});
}

TEST(AnswerErrors, an_error_in_front_is_found) {
  HeartbeatResponse answer;
  answer.error_code = ErrorCode::illegal_generation;
  EXPECT_EQ(errors_of(answer), Errors{R"(ILLEGAL_GENERATION "" "")"});
}

TEST(AnswerErrors, each_is_told_with_its_message_and_the_text_beside_or_around_it) {
  CreateTopicsResponse created;
  created.topics.resize(3);
  created.topics[0].name = Text("good");
  created.topics[1].name = Text("a b");
  created.topics[1].error_code = ErrorCode::invalid_topic_exception;
  created.topics[1].error_message = Text("no blanks");
  EXPECT_EQ(errors_of(created), Errors{R"(INVALID_TOPIC_EXCEPTION "a b" "no blanks")"});

  ProduceResponse produced;
  auto& topic = produced.responses.emplace_back();
  topic.name = Text("t");
  topic.partition_responses.resize(2);
  topic.partition_responses[1].error_code = ErrorCode::corrupt_message;
  EXPECT_EQ(errors_of(produced), Errors{R"(CORRUPT_MESSAGE "t" "")"});
}

TEST(AnswerErrors, no_more_structs_are_looked_at_than_asked_for) {
  CreateTopicsResponse answer;
  answer.topics.resize(5);
  for (auto& topic : answer.topics) topic.error_code = ErrorCode::invalid_partitions;
  EXPECT_EQ(errors_of(answer, 3).size(), 2U);  // the answer itself is one
}

}  // namespace
}  // namespace moldau::protocol
