#pragma once

#include "base/text.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A principal as Apache's default builder writes it, behind its version as an int16: the
/// RequestPrincipal of an Envelope (KIP-590).
struct DefaultPrincipalData {
  static constexpr MessageInfo info{.name = "DefaultPrincipalData",
                                    .type = MessageType::data,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  Text type{};
  Text name{};
  bool token_authenticated{false};

  static constexpr void fields(auto&& field) {
    field(&DefaultPrincipalData::type, "Type");
    field(&DefaultPrincipalData::name, "Name");
    field(&DefaultPrincipalData::token_authenticated, "TokenAuthenticated");
  }
};

}  // namespace moldau::protocol
