#pragma once

#include <utility>

#include "base/check.h"
#include "broker/api_table.h"
#include "broker/request_context.h"
#include "env/task.h"
#include "net/answer.h"
#include "protocol/codec.h"
#include "protocol/header.h"

namespace moldau::broker {

class Broker;

template <class Handler>
struct HandlerTraits;
template <class Request_, class Response_>
struct HandlerTraits<env::Task<Response_> (*)(Broker&, RequestContext&, Request_)> {
  using Request = Request_;
  using Response = Response_;
};

/// The frame of an answer, record bytes by reference or in their file.
template <class Response>
Result<net::Answer> encode_answer(const RequestContext& context, const Response& response) {
  protocol::Writer out(protocol::Gather::large_slices);
  TRY(protocol::encode_response_frame(
      {.correlation_id = context.correlation_id, .version = context.version}, response, out));
  net::Answer answer;
  for (auto& piece : out.take_pieces()) {
    if (const auto* range = net::file_range(piece)) {
      CHECK(range->length == piece.size(), "a slice of what is in a file");
      answer.chunks.emplace_back(*range);
    } else {
      answer.chunks.emplace_back(std::move(piece));
    }
  }
  return answer;
}

/// Says it if the request got an error for what is in it (refusals.h).
void note_refusals(Broker& broker, const RequestContext& context, const protocol::Schema& schema,
                   const void* answer);

/// The road of every request that is not pipelined: decode, handle, encode.
template <auto handler>
env::Task<Result<net::Answer>> serve_simple(Broker& broker, RequestContext& context,
                                            SharedBytes frame, std::size_t body) {
  using Request = typename HandlerTraits<decltype(handler)>::Request;
  auto request = protocol::decode<Request>(std::move(frame), context.version, body);
  if (!request) co_return std::unexpected(std::move(request).error());
  // `request` keeps the frame alive, which texts in the request and in the answer are views of.
  auto response = co_await handler(broker, context, std::move(request->message));
  note_refusals(broker, context, response.schema, &response);
  co_return encode_answer(context, response);
}

}  // namespace moldau::broker
