#include "env/real/service_notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "env/real/fd.h"
#include "env/test_world.h"

namespace moldau::env {
namespace {

/// The manager's end: a datagram socket bound to a name, which NOTIFY_SOCKET holds meanwhile.
class ServiceManager {
 public:
  explicit ServiceManager(const std::string& name)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.starts_with('@')) address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~ServiceManager() { ::unsetenv("NOTIFY_SOCKET"); }

  /// One message; empty without any.
  std::string received() {
    std::array<char, 100> buffer{};
    const auto bytes = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    return bytes < 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(bytes));
  }

 private:
  Fd socket_;
};

TEST(ServiceNotify, message_arrives_at_a_path_and_at_an_abstract_name) {
  RealTestWorld world;
  const auto abstract = "@moldau-service-notify-" + std::to_string(::getpid());
  for (const auto& name : {world.directory() + "/socket", abstract}) {
    ServiceManager manager(name);
    EXPECT_TRUE(notify_service_manager("READY=1"));
    EXPECT_EQ(manager.received(), "READY=1");
    EXPECT_EQ(manager.received(), "") << "one message each";
  }
}

TEST(ServiceNotify, without_a_manager_nothing_is_done) {
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_TRUE(notify_service_manager("READY=1"));
  ::setenv("NOTIFY_SOCKET", "", 1);
  EXPECT_TRUE(notify_service_manager("READY=1"));
  ::unsetenv("NOTIFY_SOCKET");
}

TEST(ServiceNotify, a_name_that_nobody_can_have_and_a_manager_that_is_gone_are_errors) {
  for (const auto& name : {std::string("relative"), "/" + std::string(200, 'x')}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    const auto told = notify_service_manager("READY=1");
    ASSERT_FALSE(told) << name;
    EXPECT_EQ(told.error().code, Errc::invalid) << name;
  }
  ::setenv("NOTIFY_SOCKET", "/no/such/socket", 1);
  const auto told = notify_service_manager("READY=1");
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, Errc::not_found);
  ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace moldau::env
