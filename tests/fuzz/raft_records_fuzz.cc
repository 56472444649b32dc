/// What the consensus reads from other nodes and from its disk. The first byte says what follows:
/// any message that is neither request, response nor a coordinator's (the hash of its name, its
/// version, its body), batches of the metadata log, a snapshot file, or the file quorum-state.

#include "bounded_work.h"
#include "checksums.h"
#include "message_name.h"
#include "protocol/registry.h"
#include "protocol/versioned.h"
#include "raft/control_records.h"
#include "raft/election_state.h"
#include "raft/snapshot_reader.h"
#include "try_message.h"

namespace moldau::fuzz {
namespace {

enum class Form : std::uint8_t { message, batches, snapshot, quorum_state };
constexpr std::uint8_t forms = 4;

void try_any_message(Bytes input) {
  const auto hash = protocol::number_in_front(input);
  if (!hash) return;
  const auto body = SharedBytes::borrow(input.subspan(protocol::number_in_front_size));
  const auto version = protocol::number_in_front(body.bytes());
  const protocol::Schema* schema = find_by_name_hash(static_cast<std::uint16_t>(*hash));
  if (schema == nullptr || !version) return;
  (void)try_message(*schema, *version, body, protocol::number_in_front_size);
}

Result<> read_batch(const records::BatchView& batch) {
  if (batch.is_control()) return TRY(raft::read_control_batch(batch)), Result<>{};
  return raft::read_data_batch(batch, [](const SharedBytes& /*value*/) { return Result<>{}; });
}

void try_batches(Bytes input) {
  records::BatchIterator batches(input);
  while (const auto batch = batches.next()) (void)read_batch(*batch);
}

void try_snapshot(Bytes input) {
  const std::vector<std::uint8_t> file = with_right_checksums(input);
  (void)raft::read_snapshot({}, file, read_batch);
}

void try_quorum_state(std::string_view text) {
  const auto state = [text] {
    const BoundedWork bounded(text.size(), message_limit);
    return raft::decode_quorum_state(text);
  }();
  if (!state) return;
  const std::string again = raft::encode_quorum_state(*state, 1, {});
  const auto back = raft::decode_quorum_state(again);
  CHECK(back, "{}: {}", again, back.error().to_string());
  CHECK(*back == *state, "{} came back another", again);
}

void try_input(Bytes input) {
  switch (static_cast<Form>(take_byte(input) % forms)) {
    case Form::message:
      return try_any_message(input);
    case Form::batches:
      return try_batches(input);
    case Form::snapshot:
      return try_snapshot(input);
    case Form::quorum_state:
      return try_quorum_state(as_text(input));
  }
}

}  // namespace
}  // namespace moldau::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  moldau::fuzz::try_input(moldau::fuzz::input_of(data, size));
  return 0;
}
