#pragma once

#include <memory>

#include "broker/api_table.h"
#include "broker/produce.h"
#include "broker/request_context.h"
#include "net/session.h"

namespace moldau::broker {

/// The broker's side of one connection: header, version range, decode, handler, encode; written
/// once, for all APIs. Lives on the connection's worker.
class Dispatch final : public net::Session {
 public:
  Dispatch(Broker& broker, ListenerKind listener, net::ConnectionInfo info,
           std::shared_ptr<net::Wakeup> wakeup);

  Road road(const SharedBytes& frame) const override;
  env::Task<Result<>> wait_for_room(const SharedBytes& frame) override;
  std::unique_ptr<net::PendingAnswer> begin(SharedBytes frame) override;
  env::Task<Result<net::Answer>> handle(SharedBytes frame) override;

 private:
  env::Task<Result<net::Answer>> serve(const ApiRow& row, RequestContext& context,
                                       SharedBytes frame, std::size_t body);
  void note_malformed(const Error& error);
  void note(const SharedBytes& frame, MonoTime received, const Result<net::Answer>& answer);
  Result<net::Answer> refuse_api_versions(RequestContext& context);

  Broker& broker_;
  const ListenerKind listener_;
  const net::ConnectionInfo info_;
  const std::shared_ptr<net::Wakeup> wakeup_;
  std::shared_ptr<Produce> prepared_;    ///< between wait_for_room and begin
  std::shared_ptr<Produce> last_begun_;  ///< its appends may still be waiting for room
};

}  // namespace moldau::broker
