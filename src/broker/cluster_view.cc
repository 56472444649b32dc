#include "broker/cluster_view.h"

#include <algorithm>

#include "broker/broker.h"

namespace moldau::broker {

std::optional<BrokerAddress> address_for(const Broker& broker, const RequestContext& context,
                                         const metadata::BrokerRegistration& registration) {
  if (registration.fenced) return std::nullopt;
  const auto* listener = registration.listener(context.connection.listener);
  if (listener == nullptr) return std::nullopt;
  if (registration.id == broker.config().node_id && !broker.config().has_advertised_listeners) {
    return BrokerAddress{context.connection.local.host, context.connection.local.port};
  }
  return BrokerAddress{listener->host, listener->port};
}

std::string_view topic_name_problem(std::string_view name) {
  constexpr std::size_t length_max = 249;
  if (name.empty()) return "Topic name is invalid: it is empty";
  if (name == "." || name == "..") return "Topic name is invalid: it is '.' or '..'";
  if (name.size() > length_max) return "Topic name is invalid: it is longer than 249 characters";
  const bool legal = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (!legal) {
    return "Topic name is invalid: it has characters other than ASCII letters and digits, '.', "
           "'_' and '-'";
  }
  return {};
}

bool is_replica_offline(const metadata::Image& image,
                        const metadata::PartitionRegistration& partition, NodeId node,
                        std::string_view listener) {
  const auto* registration = image.broker(node);
  return registration == nullptr || registration->fenced ||
         registration->listener(listener) == nullptr ||
         !registration->has_online_directory(partition.directory_of(node));
}

}  // namespace moldau::broker
