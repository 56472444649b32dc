#include "apps/metrics/http_request.h"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

namespace moldau::apps {

namespace http = boost::beast::http;

struct HttpRequestReader::Parser {
  http::request_parser<http::empty_body> parser;
  std::string unread;  ///< Beast takes whole lines only
  State state{State::needs_more};
};

HttpRequestReader::HttpRequestReader(std::size_t header_bytes_max)
    : parser_(std::make_unique<Parser>()) {
  parser_->parser.header_limit(static_cast<std::uint32_t>(header_bytes_max));
}

HttpRequestReader::~HttpRequestReader() = default;

HttpRequestReader::State HttpRequestReader::feed(Bytes bytes) {
  if (parser_->state != State::needs_more) return parser_->state;
  auto& [parser, unread, state] = *parser_;
  unread += as_text(bytes);
  boost::system::error_code error;
  const auto used = parser.put(boost::asio::buffer(unread), error);
  unread.erase(0, used);
  if (error == http::error::header_limit) {
    state = State::too_large;
  } else if (error && error != http::error::need_more) {
    state = State::malformed;
  } else if (parser.is_header_done()) {
    state = State::complete;
  }
  return state;
}

std::string_view HttpRequestReader::method() const {
  const auto text = parser_->parser.get().method_string();
  return {text.data(), text.size()};
}

std::string_view HttpRequestReader::target() const {
  const auto text = parser_->parser.get().target();
  return {text.data(), text.size()};
}

}  // namespace moldau::apps
