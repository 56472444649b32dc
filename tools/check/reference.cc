// What compile_time.py compiles to learn how fast this machine is just now: only the standard
// library, so that nothing but the toolchain changes what it costs.
#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <unordered_map>
#include <vector>

namespace {
template <int N>
std::map<std::string, std::vector<std::function<int(int)>>> table() {
  std::map<std::string, std::vector<std::function<int(int)>>> result;
  for (int i = 0; i < N; ++i) {
    result[std::to_string(i)].push_back([i](int x) { return x * N + i; });
  }
  return result;
}
}  // namespace

int reference(const std::string& text) {
  static const std::regex words("([a-z]+)-([0-9]+)");
  std::smatch found;
  int sum = std::regex_match(text, found, words) ? static_cast<int>(found.size()) : 0;
  std::unordered_map<std::string, std::shared_ptr<int>> shared;
  for (const auto& [key, functions] : table<3>()) {
    shared[key] = std::make_shared<int>(functions.front()(sum));
  }
  for (const auto& [key, functions] : table<7>()) sum += functions.back()(*shared[key]);
  return sum;
}
