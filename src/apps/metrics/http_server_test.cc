#include "apps/metrics/http_server.h"

#include <gtest/gtest.h>

#include "env/test_world.h"

namespace moldau::apps {
namespace {

class Http : public testing::Test {
 protected:
  void start() {
    world_.run([](Http& test) -> env::Task<> {
      auto& worker = test.world_.env().workers().at(0);
      HttpPages pages;
      pages["/metrics"] = [] { return HttpAnswer{.body = "up 1\n"}; };
      pages["/health"] = [] { return HttpAnswer{.status = 503, .body = "offline\n"}; };
      HttpTrees trees;
      trees["/groups/"] = [](std::string_view name) {
        return HttpAnswer{.body = "group " + std::string(name) + "\n"};
      };
      auto server = HttpServer::open(test.world_.env(), worker, {"127.0.0.1", 0}, std::move(pages),
                                     std::move(trees));
      EXPECT_TRUE(server.has_value());
      if (server) test.server_ = std::move(*server);
      co_return;
    }(*this));
  }
  void TearDown() override {
    if (server_ == nullptr) return;
    // A scope is stopped from a task of another.
    world_.run([](Http& test) -> env::Task<> { co_await test.server_->stop(); }(*this));
    server_.reset();
  }

  /// Sends the pieces one by one and returns all that comes back.
  std::string ask(std::vector<std::string> pieces) {
    std::string answer;
    world_.run([](Http& test, std::vector<std::string> sent, std::string& received) -> env::Task<> {
      auto& worker = test.world_.env().workers().at(0);
      auto stream = co_await test.world_.env().transport().connect(
          test.server_->local(), worker, worker.now() + std::chrono::seconds(10));
      if (!stream) co_return;
      for (const auto& piece : sent) {
        const Bytes bytes = as_bytes(piece);
        if (!co_await (*stream)->write({&bytes, 1}, env::More::no)) break;
      }
      for (;;) {
        std::array<std::uint8_t, 1024> buffer;
        const auto size = co_await (*stream)->read_some(buffer);
        if (!size || *size == 0) co_return;
        received += as_text(Bytes(buffer).first(*size));
      }
    }(*this, std::move(pieces), answer));
    return answer;
  }

  env::RealTestWorld world_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(Http, what_is_no_http_is_refused) {
  start();
  EXPECT_TRUE(ask({"\x16\x03\x01 hello\r\n\r\n"}).starts_with("HTTP/1.1 400 "));
}

TEST_F(Http, a_header_over_the_limit_is_refused) {
  start();
  std::string header = "GET /metrics HTTP/1.1\r\nX: ";
  header += std::string(HttpServer::header_bytes_max, 'x') + "\r\n\r\n";
  EXPECT_TRUE(ask({header}).starts_with("HTTP/1.1 431 "));
}

TEST_F(Http, unknown_pages_and_methods_are_refused_with_what_there_is) {
  start();
  const auto missing = ask({"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"});
  EXPECT_TRUE(missing.starts_with("HTTP/1.1 404 "));
  EXPECT_TRUE(missing.ends_with("there is /health /metrics /groups/NAME\n"));
  EXPECT_TRUE(ask({"DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n"}).starts_with("HTTP/1.1 405 "));
}

TEST_F(Http, a_page_comes_whole_and_the_connection_is_closed) {
  start();
  EXPECT_EQ(ask({"GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n"}),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n"
            "Connection: close\r\n\r\nup 1\n");
  EXPECT_TRUE(ask({"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"}).starts_with("HTTP/1.1 503 "));
}

TEST_F(Http, a_request_in_pieces_is_put_together_and_head_has_no_body) {
  start();
  const auto answer = ask({"HE", "AD /met", "rics HTTP/1.1\r", "\nHost: x\r\n", "\r\n"});
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_TRUE(answer.ends_with("Content-Length: 5\r\nConnection: close\r\n\r\n"));
}

TEST_F(Http, a_name_behind_a_path_is_decoded) {
  start();
  const auto body = [&](const std::string& path) {
    const auto answer = ask({"GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"});
    return answer.substr(answer.find("\r\n\r\n") + 4);
  };
  EXPECT_EQ(body("/groups/billing"), "group billing\n");
  EXPECT_EQ(body("/groups/a%2Fb%20c+d%00?x=1"), std::string("group a/b c+d\0\n", 15));
  EXPECT_EQ(body("/groups/a/b"), "group a/b\n");
  EXPECT_EQ(body("/groups/"), "there is /health /metrics /groups/NAME\n");
  for (const auto* wrong :
       {"/groups/%", "/groups/%1", "/groups/%zz", "/groups/%-1", "/groups/% 1"}) {
    EXPECT_EQ(body(wrong).find("group "), std::string::npos) << wrong;
  }
}

}  // namespace
}  // namespace moldau::apps
