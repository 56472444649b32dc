#include "protocol/dump_schema.h"

#include <fmt/format.h>

#include "protocol/json.h"
#include "protocol/layout.h"
#include "protocol/registry.h"
#include "protocol/schema.h"

namespace moldau::protocol {
namespace {

/// "none", "3", "0-12" or, where it goes as far as the message's versions do, "9+".
std::string range(Versions versions, Versions valid) {
  if (versions.empty()) return "none";
  if (versions.highest >= valid.highest) return fmt::format("{}+", versions.lowest);
  if (versions.lowest == versions.highest) return fmt::format("{}", versions.lowest);
  return fmt::format("{}-{}", versions.lowest, versions.highest);
}

class Dump {
 public:
  explicit Dump(Versions valid) : valid_(valid) {}

  void fields(const Table& table, Versions parent) {
    out_ += "\"fields\":[";
    const char* separator = "";
    for (const Field& field : table) {
      out_ += separator;
      separator = ",";
      this->field(field, field.spec.versions.within(parent));
    }
    out_ += ']';
  }
  std::string& out() { return out_; }
  void member(std::string_view name, std::string_view value) {
    append_json_string(out_, name);
    out_ += ':';
    append_json_string(out_, value);
    out_ += ',';
  }

 private:
  void field(const Field& field, Versions versions) {
    const bool is_nullable = field.optional != nullptr;
    out_ += '{';
    member("name", field.name);
    member("type", protocol::type_name(field));
    member("versions", range(versions, valid_));
    member("nullableVersions",
           range(is_nullable ? field.spec.nullable.within(versions) : no_versions, valid_));
    member("taggedVersions", range(field.is_tagged() ? versions : no_versions, valid_));
    if (field.is_tagged()) out_ += fmt::format("\"tag\":{},", field.spec.tag_number);
    if (field.spec.is_never_compact) member("flexibleVersions", "none");
    member("default", default_text(field));
    out_ += fmt::format("\"ignorable\":{},", field.spec.is_ignorable);
    if (field.nested != nullptr) {
      fields(*field.nested, versions);
    } else {
      out_ += "\"fields\":[]";
    }
    out_ += '}';
  }

  Versions valid_;
  std::string out_;
};

void dump_message(const Schema& schema, std::string& out) {
  const MessageInfo& info = schema.info;
  Dump dump(info.versions);
  dump.out() += info.api_key == no_api_key ? std::string("{\"apiKey\":null,")
                                           : fmt::format("{{\"apiKey\":{},", info.api_key);
  dump.member("type", type_name(info.type));
  dump.member("name", info.name);
  const Versions valid = info.versions;
  dump.member("validVersions", valid.lowest == valid.highest
                                   ? fmt::format("{}", valid.lowest)
                                   : fmt::format("{}-{}", valid.lowest, valid.highest));
  dump.member("flexibleVersions", info.flexible_since == never_flexible
                                      ? std::string("none")
                                      : fmt::format("{}+", info.flexible_since));
  dump.fields(schema.table, valid);
  out += dump.out();
  out += '}';
}

}  // namespace

std::string dump_schemas_json() {
  std::string out = "[";
  for (const Schema* schema : all_schemas()) {
    if (out.size() > 1) out += ",\n ";
    dump_message(*schema, out);
  }
  return out += "]\n";
}

}  // namespace moldau::protocol
