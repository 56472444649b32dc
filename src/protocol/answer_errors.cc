#include "protocol/answer_errors.h"

#include "protocol/schema.h"

namespace moldau::protocol {
namespace {

class ErrorSearch {
 public:
  ErrorSearch(std::size_t structs_max, const std::function<void(const AnswerError&)>& found)
      : structs_left_(structs_max), found_(found) {}

  void structure(const Table& table, const void* object, std::string_view about) {
    if (structs_left_ == 0) return;
    --structs_left_;
    AnswerError error{.code = ErrorCode::none, .message = {}, .about = {}};
    for (const Field& field : table) look_at(field, table.at(object, field), error);
    if (error.about.empty()) error.about = about;
    if (error.code != ErrorCode::none) found_(error);
    for (const Field& field : table) descend(field, table.at(object, field), error.about);
  }

 private:
  /// Null: the field is null.
  static const void* value_of(const Field& field, const void* at) {
    return field.optional == nullptr ? at : field.optional->get(at);
  }

  static void look_at(const Field& field, const void* at, AnswerError& error) {
    if (field.vector != nullptr) return;
    at = value_of(field, at);
    if (at == nullptr) return;
    if (field.kind == Kind::int16) {
      if (std::string_view(field.name) == "ErrorCode") {
        error.code = *static_cast<const ErrorCode*>(at);
      }
    } else if (field.kind == Kind::string) {
      const bool is_message = std::string_view(field.name) == "ErrorMessage";
      auto& text = is_message ? error.message : error.about;
      if (text.empty()) text = static_cast<const Text*>(at)->view();
    }
  }

  void descend(const Field& field, const void* at, std::string_view about) {
    if (field.kind != Kind::structure || !field.nested->has_errors) return;
    at = value_of(field, at);
    if (at == nullptr) return;
    if (field.vector == nullptr) return structure(*field.nested, at, about);
    const std::size_t size = field.vector->size(at);
    const auto* element = static_cast<const char*>(field.vector->data(const_cast<void*>(at)));
    for (std::size_t i = 0; i < size && structs_left_ > 0; ++i, element += field.vector->stride) {
      structure(*field.nested, element, about);
    }
  }

  std::size_t structs_left_;
  const std::function<void(const AnswerError&)>& found_;
};

}  // namespace

void for_each_error(const Schema& schema, const void* answer, std::size_t structs_max,
                    const std::function<void(const AnswerError&)>& found) {
  ErrorSearch(structs_max, found).structure(schema.table, answer, {});
}

}  // namespace moldau::protocol
