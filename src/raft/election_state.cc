#include "raft/election_state.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>

namespace moldau::raft {
namespace {

/// The members of one flat JSON object as raw text, nested arrays and objects unread. As much JSON
/// as a file needs that only Kafka and we write; pure rooms have no JSON library.
class FlatObject {
 public:
  static Result<FlatObject> parse(std::string_view text) {
    FlatObject object;
    object.rest_ = text;
    if (!object.take('{') || !object.members()) {
      return fail(Errc::corrupt, "quorum-state is not a JSON object");
    }
    return object;
  }

  bool has(std::string_view key) const { return members_.contains(key); }
  template <class T>
  Result<T> number(std::string_view key) const {
    const auto found = members_.find(key);
    if (found == members_.end()) {
      return fail(Errc::corrupt, fmt::format("quorum-state: no {}", key));
    }
    T value{};
    const std::string_view raw = found->second;
    const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), value);
    if (error != std::errc{} || end != raw.data() + raw.size()) {
      return fail(Errc::corrupt, fmt::format("quorum-state: {} is {}", key, raw));
    }
    return value;
  }
  std::optional<std::string_view> text(std::string_view key) const {
    const auto found = members_.find(key);
    if (found == members_.end() || found->second.size() < 2 || found->second.front() != '"') {
      return std::nullopt;
    }
    return found->second.substr(1, found->second.size() - 2);
  }

 private:
  void skip_blanks() {
    const std::size_t at = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at);
  }
  bool take(char wanted) {
    skip_blanks();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// A string without escapes, quotes included.
  std::optional<std::string_view> string() {
    skip_blanks();
    const std::size_t end = rest_.starts_with('"') ? rest_.find('"', 1) : std::string_view::npos;
    if (end == std::string_view::npos) return std::nullopt;
    return cut(end + 1);
  }
  std::optional<std::string_view> value() {
    skip_blanks();
    if (rest_.starts_with('"')) return string();
    int depth = 0;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (depth == 0 && (c == ',' || c == '}' || c == ' ')) return cut(i);
      if (c == '[' || c == '{') ++depth;
      if (c == ']' || c == '}') --depth;
    }
    return std::nullopt;
  }
  bool members() {
    if (take('}')) return true;
    do {
      const auto key = string();
      if (!key || !take(':')) return false;
      const auto member = value();
      if (!member || member->empty()) return false;
      members_.insert_or_assign(key->substr(1, key->size() - 2), *member);
    } while (take(','));
    return take('}');
  }
  std::string_view cut(std::size_t length) {
    const std::string_view front = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return front;
  }

  std::string_view rest_;
  std::map<std::string_view, std::string_view, std::less<>> members_;
};

std::string encode_version_0(const ElectionState& state, const VoterSet& voters) {
  std::string list;
  for (const Voter& voter : voters.voters()) {
    list += fmt::format("{}{{\"voterId\":{}}}", list.empty() ? "" : ",", voter.key.id);
  }
  return fmt::format(
      R"({{"clusterId":"","leaderId":{},"leaderEpoch":{},"votedId":{},"appliedOffset":0,)"
      R"("currentVoters":[{}],"data_version":0}})",
      state.leader, state.epoch, state.voted.id, list);
}

}  // namespace

std::string encode_quorum_state(const ElectionState& state, std::int16_t kraft_version,
                                const VoterSet& voters) {
  if (kraft_version == 0) return encode_version_0(state, voters);
  return fmt::format(
      R"({{"leaderId":{},"leaderEpoch":{},"votedId":{},"votedDirectoryId":"{}","data_version":1}})",
      state.leader, state.epoch, state.voted.id, state.voted.directory_id);
}

Result<ElectionState> decode_quorum_state(std::string_view text) {
  const FlatObject object = TRY(FlatObject::parse(text));
  const auto data_version = TRY(object.number<std::int32_t>("data_version"));
  if (data_version < 0 || data_version > 1) {
    return fail(Errc::unsupported, fmt::format("quorum-state of data_version {}", data_version));
  }
  ElectionState state;
  state.leader = NodeId(TRY(object.number<std::int32_t>("leaderId")));
  state.epoch = LeaderEpoch(TRY(object.number<std::int32_t>("leaderEpoch")));
  state.voted.id = NodeId(TRY(object.number<std::int32_t>("votedId")));
  if (data_version == 1) {
    const auto directory = object.text("votedDirectoryId");
    const auto uuid = directory ? Uuid::parse(*directory) : std::nullopt;
    if (!uuid) return fail(Errc::corrupt, "quorum-state: no votedDirectoryId");
    state.voted.directory_id = *uuid;
  }
  if (state.epoch.value() < 0) {
    return fail(Errc::corrupt, fmt::format("quorum-state: leaderEpoch is {}", state.epoch));
  }
  return state;
}

}  // namespace moldau::raft
