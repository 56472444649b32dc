#include "adversary.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "protocol/writer.h"

namespace moldau::fuzz {
namespace {

using protocol::Field;
using protocol::Kind;
using protocol::Schema;
using protocol::Table;
using protocol::Writer;

/// The fields that lead to one array, outermost first.
using Path = std::vector<const Field*>;

enum class Shape : std::uint8_t {
  long_inner,
  long_outer,
  lying_count,   ///< as long_inner, but no element follows, only ones
  repeated_tag,  ///< the outermost tagged field of the path, many times
  unknown_tags,
};

constexpr std::uint32_t unknown_tag = 100'000;
constexpr std::size_t off_path = std::numeric_limits<std::size_t>::max();

class Emitter {
 public:
  Emitter(const Schema& schema, std::int16_t version, const Path& path, Shape shape,
          std::uint32_t times)
      : version_(version),
        flexible_(schema.info.is_flexible(version)),
        path_(path),
        shape_(shape),
        times_(times) {}

  SharedBytes message(const Table& table) {
    Writer out;
    structure(table, 0, out);
    return out.take();
  }

 private:
  bool is_next(const Field& field, std::size_t depth) const {
    return depth < path_.size() && path_[depth] == &field;
  }

  void structure(const Table& table, std::size_t depth, Writer& out) {
    for (const Field& field : table) {
      if (lied_ || !field.spec.versions.contains(version_) || field.is_tagged()) continue;
      if (is_next(field, depth)) {
        on_path(field, depth, out);
      } else {
        smallest(field, out);
      }
    }
    if (flexible_ && !lied_) tagged_fields(table, depth, out);
  }

  void tagged_fields(const Table& table, std::size_t depth, Writer& out) {
    if (shape_ == Shape::unknown_tags && depth == 0) {
      out.put_uvarint(times_);
      for (std::uint32_t i = 0; i < times_; ++i) {
        out.put_uvarint(unknown_tag);
        out.put_uvarint(0);
      }
      return;
    }
    const bool tagged =
        depth < path_.size() && path_[depth]->is_tagged() &&
        std::ranges::any_of(table, [&](const Field& field) { return is_next(field, depth); });
    if (!tagged) return out.put_uvarint(0);
    Writer value;
    on_path(*path_[depth], depth, value);
    const SharedBytes bytes = value.take();
    const std::uint32_t count = shape_ == Shape::repeated_tag ? times_ : 1;
    out.put_uvarint(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      out.put_uvarint(static_cast<std::uint64_t>(path_[depth]->spec.tag_number));
      out.put_uvarint(bytes.size());
      out.put_bytes(bytes.bytes());
    }
  }

  void on_path(const Field& field, std::size_t depth, Writer& out) {
    if (field.vector == nullptr) {
      if (field.is_nullable_in(version_)) out.put(std::int8_t{1});
      return structure(*field.nested, depth + 1, out);
    }
    const bool innermost = depth + 1 == path_.size();
    const std::uint32_t count = count_of(field, depth, innermost);
    size(count, compact(field), out);
    if (innermost && shape_ == Shape::lying_count) {
      for (std::uint32_t i = 0; i < times_; ++i) out.put(std::int8_t{1});
      lied_ = true;
      return;
    }
    for (std::uint32_t i = 0; i < count && !lied_; ++i) element(field, depth, out);
  }

  std::uint32_t count_of(const Field& field, std::size_t depth, bool innermost) const {
    switch (shape_) {
      case Shape::long_inner:
        return innermost ? times_ : 1;
      case Shape::long_outer:
        return is_outermost_array(depth) ? times_ : 1;
      case Shape::lying_count:
        return innermost ? times_ / static_cast<std::uint32_t>(
                                        protocol::element_size_min(field, version_, flexible_))
                         : 1;
      case Shape::repeated_tag:
      case Shape::unknown_tags:
        break;
    }
    return 1;
  }

  bool is_outermost_array(std::size_t depth) const {
    return std::none_of(path_.begin(), path_.begin() + static_cast<std::ptrdiff_t>(depth),
                        [](const Field* field) { return field->vector != nullptr; });
  }

  void element(const Field& field, std::size_t depth, Writer& out) {
    if (field.kind == Kind::structure) return structure(*field.nested, depth + 1, out);
    value(field, out);
  }

  bool compact(const Field& field) const { return flexible_ && !field.spec.is_never_compact; }

  void size(std::uint32_t count, bool compact, Writer& out) const {
    compact ? out.put_uvarint(count + 1) : out.put(count);
  }

  void smallest(const Field& field, Writer& out) {
    if (field.vector != nullptr) return size(0, compact(field), out);
    if (field.kind == Kind::structure && field.is_nullable_in(version_)) {
      return out.put(std::int8_t{-1});
    }
    value(field, out);
  }

  void value(const Field& field, Writer& out) {
    switch (field.kind) {
      case Kind::boolean:
      case Kind::int8:
        return out.put(std::int8_t{0});
      case Kind::int16:
      case Kind::uint16:
        return out.put(std::int16_t{0});
      case Kind::int32:
      case Kind::uint32:
        return out.put(std::int32_t{0});
      case Kind::int64:
      case Kind::float64:
        return out.put(std::int64_t{0});
      case Kind::uuid:
        return out.put_bytes(Uuid{}.bytes);
      case Kind::string:
        return compact(field) ? out.put_uvarint(1) : out.put(std::int16_t{0});
      case Kind::bytes:
      case Kind::records:
        return size(0, compact(field), out);
      case Kind::structure:
        return structure(*field.nested, off_path, out);
    }
  }

  const std::int16_t version_;
  const bool flexible_;
  const Path& path_;
  const Shape shape_;
  const std::uint32_t times_;
  bool lied_{false};  // the message ends here
};

/// Adds a path for every array below `table`.
void find_arrays(const Table& table, std::int16_t version, Path& path, std::vector<Path>& found) {
  for (const Field& field : table) {
    if (!field.spec.versions.contains(version)) continue;
    path.push_back(&field);
    if (field.vector != nullptr) found.push_back(path);
    if (field.nested != nullptr) find_arrays(*field.nested, version, path, found);
    path.pop_back();
  }
}

std::string name_of(const Path& path, const char* what) {
  std::string name;
  for (const Field* field : path) name += fmt::format("{}{}", name.empty() ? "" : ".", field->name);
  return fmt::format("{}, {}", name, what);
}

}  // namespace

std::vector<Adversary> adversaries_of(const Schema& schema, std::int16_t version) {
  std::vector<Path> paths;
  Path current;
  find_arrays(schema.table, version, current, paths);
  std::vector<Adversary> result;
  const auto add = [&](const Path& path, Shape shape, const char* what) {
    result.push_back({name_of(path, what), [&schema, version, path, shape](std::uint32_t times) {
                        return Emitter(schema, version, path, shape, times).message(schema.table);
                      }});
  };
  for (const Path& path : paths) {
    add(path, Shape::long_inner, "long");
    add(path, Shape::lying_count, "lying about its length");
    if (path.size() > 1) add(path, Shape::long_outer, "in many elements");
    if (path.front()->is_tagged()) add(path, Shape::repeated_tag, "many times");
  }
  if (schema.info.is_flexible(version)) add({}, Shape::unknown_tags, "unknown tagged fields");
  return result;
}

}  // namespace moldau::fuzz
