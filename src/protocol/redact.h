#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/api_key.h"

namespace moldau::protocol {

struct Field;
struct Table;

/// Whether what gives access is printed, or "[hidden]" in its place.
enum class Secrets : std::uint8_t { shown, hidden };

/// As Kafka prints a password.
inline constexpr std::string_view hidden_text = "[hidden]";

/// Whether this field of `object` must not be seen in a log: tokens and keys by their names (SASL's
/// bytes, SCRAM's salts and keys, HMACs of delegation tokens, requests in an envelope), and the
/// value of a configuration whose name says so.
bool is_secret(const Table& table, const Field& field, const void* object);

/// Whether a configuration's value is a secret: the table of Kafka's keys decides about those that
/// are in it. Any other may be one (a plug-in's key, a misspelt password): as in Apache's request
/// log it counts as secret, unless it is a group's or a client metrics subscription's.
bool is_secret_config(std::string_view name);

/// Whether frames of this API can hold secrets, so that their bytes are not to be shown either.
bool may_hold_secrets(ApiKey key);

}  // namespace moldau::protocol
