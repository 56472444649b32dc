#pragma once

namespace moldau::apps {

/// "0.1.0", from the file VERSION.
const char* version();

}  // namespace moldau::apps
