#include "broker/dispatch.h"

#include <functional>

#include "base/endian.h"
#include "broker/broker.h"
#include "broker/serve.h"
#include "env/signal.h"
#include "protocol/header.h"
#include "protocol/messages/api_versions.h"

namespace moldau::broker {
namespace {

using protocol::ErrorCode;

/// Bytes of a request header before the client id: key, version, correlation id.
constexpr std::size_t fixed_header_size = 8;

/// A Produce in the connection's queue. Destroyed with the connection; the Produce itself lives on
/// until the log has let go of it.
class PendingProduce final : public net::PendingAnswer {
 public:
  explicit PendingProduce(std::shared_ptr<Produce> produce) : produce_(std::move(produce)) {}
  bool ready(MonoTime now) override { return produce_->ready(now); }
  MonoTime deadline() const override { return produce_->deadline(); }
  net::Answer finish() override {
    auto answer = produce_->finish();
    if (on_finish) on_finish(produce_->received(), answer);
    return answer;
  }

  /// For the log of requests; empty where there is none.
  std::function<void(MonoTime received, const net::Answer&)> on_finish;

 private:
  std::shared_ptr<Produce> produce_;
};

}  // namespace

/// Not in Fetch's: the hot path, where errors are about what is there, not about the request.
void note_refusals(Broker& broker, const RequestContext& context, const protocol::Schema& schema,
                   const void* answer) {
  if (context.api != protocol::ApiKey::fetch) broker.refusals().note(context, schema, answer);
}

Dispatch::Dispatch(Broker& broker, ListenerKind listener, net::ConnectionInfo info,
                   std::shared_ptr<net::Wakeup> wakeup)
    : broker_(broker), listener_(listener), info_(std::move(info)), wakeup_(std::move(wakeup)) {}

net::Session::Road Dispatch::road(const SharedBytes& frame) const {
  if (listener_ != ListenerKind::broker || frame.size() < fixed_header_size) return Road::serial;
  const auto key = load_be<std::int16_t>(frame.data());
  return key == protocol::number(protocol::ApiKey::produce) ? Road::pipelined : Road::serial;
}

/// Other reasons are counted where they are found, or are no fault of the request.
void Dispatch::note_malformed(const Error& error) {
  if (error.code == Errc::unsupported || error.code == Errc::cancelled) return;
  broker_.requests().malformed.add();
}

env::Task<Result<>> Dispatch::wait_for_room(const SharedBytes& frame) {
  while (last_begun_ != nullptr && !last_begun_->all_assigned()) {
    CO_TRY(co_await last_begun_->wait_assigned());
  }
  prepared_ = std::make_shared<Produce>(broker_, info_, wakeup_);
  const auto prepared = co_await prepared_->prepare(frame);
  if (!prepared) note_malformed(prepared.error());
  co_return prepared;
}

std::unique_ptr<net::PendingAnswer> Dispatch::begin(SharedBytes frame) {
  CHECK(prepared_ != nullptr, "begin without wait_for_room");
  last_begun_ = std::exchange(prepared_, nullptr);
  last_begun_->begin();
  auto pending = std::make_unique<PendingProduce>(last_begun_);
  if (broker_.request_log().is_on()) {
    pending->on_finish = [this, frame = std::move(frame)](MonoTime received,
                                                          const net::Answer& answer) {
      note(frame, received, answer);
    };
  }
  return pending;
}

void Dispatch::note(const SharedBytes& frame, MonoTime received,
                    const Result<net::Answer>& answer) {
  const auto took = broker_.env().clock().now() - received;
  broker_.request_log().note({.connection = info_, .request = frame, .took = took}, answer);
}

env::Task<Result<net::Answer>> Dispatch::handle(SharedBytes frame) {
  if (frame.size() < fixed_header_size) {
    broker_.requests().malformed.add();
    co_return fail(Errc::corrupt, fmt::format("request of {} bytes has no header", frame.size()));
  }
  const auto key = load_be<std::int16_t>(frame.data());
  RequestContext context{.api = static_cast<protocol::ApiKey>(key),
                         .version = load_be<std::int16_t>(frame.data() + 2),
                         .correlation_id = load_be<std::int32_t>(frame.data() + 4),
                         .client_id = {},
                         .listener = listener_,
                         .connection = info_,
                         .worker = wakeup_->worker(),
                         .received = broker_.env().clock().now(),
                         .image = broker_.image()};
  const ApiRow* row = find_api(key, listener_);
  if (row != nullptr && row->serve != nullptr && !row->served.contains(context.version) &&
      context.api == protocol::ApiKey::api_versions) {
    auto refusal = refuse_api_versions(context);
    if (broker_.request_log().is_on()) note(frame, context.received, refusal);
    co_return refusal;
  }
  if (row == nullptr || row->serve == nullptr || !row->served.contains(context.version)) {
    broker_.requests().unsupported_versions.add();
    co_return fail(Errc::unsupported,
                   fmt::format("api {} ({}) version {} is not served on {}", context.api, key,
                               context.version, info_.listener));
  }
  const auto header = protocol::decode_request_header(frame);
  if (!header) {
    broker_.requests().malformed.add();
    co_return std::unexpected(header.error());
  }
  const Text client_id = header->message.client_id.value_or(Text());
  context.client_id = client_id;
  co_return co_await serve(*row, context, std::move(frame), header->end);
}

env::Task<Result<net::Answer>> Dispatch::serve(const ApiRow& row, RequestContext& context,
                                               SharedBytes frame, std::size_t body) {
  auto& metrics = broker_.requests().by_api[static_cast<std::size_t>(row.key)];
  metrics.requests.add();
  metrics.request_bytes.add(frame.size());
  const SharedBytes logged = broker_.request_log().is_on() ? frame : SharedBytes();
  auto answer = co_await row.serve(broker_, context, std::move(frame), body);
  if (!logged.empty()) note(logged, context.received, answer);
  if (!answer) {
    broker_.requests().malformed.add();
    co_return answer;
  }
  metrics.response_bytes.add(answer->size());
  metrics.latency.record(broker_.env().clock().now() - context.received);
  co_return answer;
}

/// An ApiVersions of a version from the future: answered in version 0, which every client reads,
/// with the range of ApiVersions itself, so that it can ask again (KIP-511).
Result<net::Answer> Dispatch::refuse_api_versions(RequestContext& context) {
  protocol::ApiVersionsResponse response;
  response.error_code = ErrorCode::unsupported_version;
  const ApiRow* row = find_api(protocol::number(context.api), context.listener);
  auto& out = response.api_keys.emplace_back();
  out.api_key = row->key;
  out.min_version = row->announced_lowest;
  out.max_version = row->served.highest;
  context.version = 0;
  return encode_answer(context, response);
}

}  // namespace moldau::broker
