#include "apps/moldau/version.h"

namespace moldau::apps {

const char* version() {
  return MOLDAU_VERSION;
}

}  // namespace moldau::apps
