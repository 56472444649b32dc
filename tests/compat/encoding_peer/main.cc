// encoding_peer [--dump-schema]: our half of the comparison of encodings, README.md. Questions come
// on stdin and answers go to stdout until stdin ends.

#include <cstdio>
#include <string_view>
#include <vector>

#include "batches.h"
#include "messages.h"
#include "protocol/dump_schema.h"
#include "request.h"

namespace moldau::encoding_peer {
namespace {

/// A question is larger only if the two sides have lost each other.
constexpr std::uint32_t question_size_max = 64 << 20;

enum class Status : std::uint8_t { answered = 0, unsupported = 1, failed = 2 };

bool read_exactly(std::uint8_t* to, std::size_t size) {
  return std::fread(to, 1, size, stdin) == size;
}

Result<SharedBytes> answer(char operation, Request& request) {
  switch (operation) {
    case 'l':
      return SharedBytes::copy(as_bytes(list_messages()));
    case 'r':
      return recode(request);
    case 'j':
      return to_json(request);
    case 'd':
      return encode_default(request);
    case 'g':
      return encode_random(request);
    case 'b':
      return list_batches(request);
    case 'w':
      return rebuild_batch(request);
    case 'c':
      return recompress_batch(request);
    case 'k':
      return rebuild_control_batch(request);
    default:
      return fail(Errc::invalid, "no such question");
  }
}

bool write_answer(Status status, Bytes payload) {
  std::uint8_t head[5];
  store_be(head, static_cast<std::uint32_t>(payload.size() + 1));
  head[4] = static_cast<std::uint8_t>(status);
  return std::fwrite(head, 1, sizeof head, stdout) == sizeof head &&
         std::fwrite(payload.data(), 1, payload.size(), stdout) == payload.size() &&
         std::fflush(stdout) == 0;
}

/// False when stdin or stdout has ended.
bool serve_one() {
  std::uint8_t head[5];
  if (!read_exactly(head, sizeof head)) return false;
  const auto size = load_be<std::uint32_t>(head);
  if (size == 0 || size > question_size_max) return false;
  Block question(size - 1);
  if (!read_exactly(question.bytes().data(), question.size())) return false;
  Request request(SharedBytes(std::move(question)));
  const auto result = answer(static_cast<char>(head[4]), request);
  if (result) return write_answer(Status::answered, result->bytes());
  const bool unsupported = result.error().code == Errc::unsupported;
  return write_answer(unsupported ? Status::unsupported : Status::failed,
                      as_bytes(result.error().to_string()));
}

}  // namespace
}  // namespace moldau::encoding_peer

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--dump-schema") {
    fmt::print("{}\n", moldau::protocol::dump_schemas_json());
    return 0;
  }
  while (moldau::encoding_peer::serve_one()) {
  }
  return 0;
}
