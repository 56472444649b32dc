#pragma once

#include <string_view>

#include "base/error.h"
#include "protocol/error_code.h"

namespace moldau::apps {

/// What a broker's answer means and what to do next. `what` is the thing asked about ("group g");
/// `message` is the broker's own, if it sent one. Codes that pass by themselves, because a leader
/// or coordinator moves or loads, are Errc::unavailable.
Error explain(protocol::ErrorCode code, std::string_view what, std::string_view message = {});

/// Nobody answers at this address.
Error unreachable(std::string_view address);

}  // namespace moldau::apps
