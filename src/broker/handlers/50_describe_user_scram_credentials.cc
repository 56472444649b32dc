// DescribeUserScramCredentials (API 50, KIP-554).
#include <map>

#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/describe_user_scram_credentials.h"

namespace moldau::broker {
namespace {

using protocol::DescribeUserScramCredentialsResponse;
using protocol::ErrorCode;
using UserResult = DescribeUserScramCredentialsResponse::DescribeUserScramCredentialsResult;

/// All of one user's; none if there is no such user.
void add_credentials(const metadata::Image& image, UserResult& out) {
  for (const auto& [key, credential] : image.scram) {
    if (key.user != out.user) continue;
    out.credential_infos.push_back(
        {.mechanism = key.mechanism, .iterations = credential->iterations});
  }
}

}  // namespace

env::Task<DescribeUserScramCredentialsResponse> handle_describe_user_scram_credentials(
    Broker&, RequestContext& context, protocol::DescribeUserScramCredentialsRequest request) {
  DescribeUserScramCredentialsResponse response;
  std::map<std::string, int> users;  // how often each is asked for
  if (request.users) {
    for (const auto& user : *request.users) ++users[user.name.str()];
  }
  if (users.empty()) {
    for (const auto& [key, credential] : context.image->scram) users[key.user] = 1;
  }
  for (const auto& [user, times] : users) {
    auto& out = response.results.emplace_back();
    out.user = Text(user);
    out.error_message.reset();
    if (times > 1) {
      out.error_code = ErrorCode::duplicate_resource;
      out.error_message = Text(fmt::format(
          "Cannot describe SCRAM credentials for the same user twice in a single request: {}",
          user));
      continue;
    }
    add_credentials(*context.image, out);
    if (!out.credential_infos.empty()) continue;
    out.error_code = ErrorCode::resource_not_found;
    out.error_message =
        Text(fmt::format("Attempt to describe a user credential that does not exist: {}", user));
  }
  co_return response;
}

}  // namespace moldau::broker
