#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "apps/cli/group_commands.h"
#include "apps/cli/groups.h"
#include "apps/cli/options.h"
#include "apps/cli/verb.h"

namespace moldau::apps {
namespace {

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

void print(const GroupListings& listings, Format format) {
  Table table({"GROUP", "TYPE", "STATE", "PROTOCOL", "COORDINATOR"});
  std::vector<std::string> rows;
  for (const auto& group : listings.groups) {
    table.add({group.id, or_dash(lower(group.type)), or_dash(group.state), or_dash(group.protocol),
               fmt::to_string(group.coordinator)});
    rows.push_back(JsonObject()
                       .text("group", group.id)
                       .text("type", lower(group.type))
                       .text("state", group.state)
                       .text("protocol", group.protocol)
                       .number("coordinator", group.coordinator.value())
                       .to_string());
  }
  fmt::print("{}", format == Format::json ? json_array(rows) + "\n" : table.to_string());
}

Result<> list(World& world, const GroupOptions& options) {
  const auto wire = TRY(Wire::connect(world, options.client));
  auto listings = TRY(list_groups(*wire));
  std::erase_if(listings.groups, [&](const GroupListing& group) {
    return (!options.state.empty() && lower(group.state) != lower(options.state)) ||
           (!options.type.empty() && lower(group.type) != lower(options.type));
  });
  print(listings, options.format);
  if (listings.failures.empty()) return {};
  // What is missing must not pass for what is not there.
  return std::unexpected(std::move(listings.failures[0]).within("the list is not complete"));
}

/// The committed offsets of some topics, not the group.
Result<> forget_offsets(Wire& wire, const std::string& group,
                        const std::vector<std::string>& topics) {
  std::vector<TopicPartition> partitions;
  for (const auto& [partition, offset] : TRY(committed_offsets(wire, group))) {
    if (std::ranges::find(topics, partition.topic) != topics.end()) partitions.push_back(partition);
  }
  if (partitions.empty()) {
    return fail(
        Errc::not_found,
        fmt::format("group {} has no committed offsets for {}. See `moldau group describe {}`",
                    group, fmt::join(topics, ", "), group));
  }
  TRY(delete_offsets(wire, group, partitions));
  fmt::print("deleted the offsets of {} for {} partitions\n", group, partitions.size());
  return {};
}

Result<> remove(World& world, const GroupOptions& options) {
  const auto wire = TRY(Wire::connect(world, options.client));
  for (const auto& group : options.groups) {
    if (options.topics.empty()) {
      TRY(delete_group(*wire, group));
      fmt::print("deleted {}\n", group);
    } else {
      TRY(forget_offsets(*wire, group, options.topics));
    }
  }
  return {};
}

Option add_names(Command app, GroupOptions& options, const std::string& what) {
  return app.add_option("group", options.groups, what).type_name("GROUP");
}

void add_list_verb(Command group, Chosen& chosen) {
  const auto options = std::make_shared<GroupOptions>();
  const auto app = add_verb(group, chosen, options, "list", "list the groups of all brokers",
                            "Examples:\n"
                            "  moldau group list\n"
                            "  moldau group list --type consumer\n"
                            "  moldau group list --state Empty --format json",
                            list);
  app.add_option("--state", options->state, "only these: Stable, Empty, PreparingRebalance, ...")
      .type_name("STATE");
  app.add_option("--type", options->type, "only these: classic, consumer, share, streams")
      .type_name("TYPE");
  add_format_option(app, options->format);
  add_broker_options(app, options->client);
}

void add_describe(Command group, Chosen& chosen) {
  const auto options = std::make_shared<GroupOptions>();
  const auto app = add_verb(
      group, chosen, options, "describe", "state, members, committed offsets and lag of groups",
      "Lag is counted in records, from the committed offset to the end of the partition. \"-\"\n"
      "is what is not known: a partition that has no committed offset, or no leader.\n"
      "With --time also how old the first record is that is not committed: one record of each\n"
      "partition is read for it. \"-\" there: it has no timestamp or cannot be read.\n\n"
      "Examples:\n"
      "  moldau group describe billing\n"
      "  moldau group describe billing --time\n"
      "  moldau group describe                 # all groups\n"
      "  moldau group describe billing --format json | jq '.[].total_lag'",
      describe_groups);
  add_names(app, *options, "which; all, if none is named");
  app.add_flag("--time", options->with_time, "show the lag in time too");
  add_format_option(app, options->format);
  add_broker_options(app, options->client);
}

void add_delete(Command group, Chosen& chosen) {
  const auto options = std::make_shared<GroupOptions>();
  const auto app = add_verb(group, chosen, options, "delete",
                            "delete groups, or what they committed for a topic",
                            "A group that still has members is not deleted: stop them first.\n\n"
                            "Examples:\n"
                            "  moldau group delete billing-test\n"
                            "  moldau group delete billing --topic orders-old",
                            remove);
  add_names(app, *options, "which").required();
  add_list(app, "--topic", options->topics, "TOPIC",
           "only the offsets committed for this topic; may be repeated");
  add_broker_options(app, options->client);
}

void add_explain(Command group, Chosen& chosen) {
  const auto options = std::make_shared<GroupOptions>();
  const auto app = add_verb(
      group, chosen, options, "explain", "why a group is not progressing, and what to do",
      "Looks at its members, offsets and partitions, at records that it does not get past, and,\n"
      "where a Moldau broker coordinates it and its metrics.listener can be reached from here, at\n"
      "what happened in the group lately. The most likely cause comes first. A group with a lag "
      "is\n"
      "watched for a while, to see whether it moves.\n\n"
      "Examples:\n"
      "  moldau group explain billing\n"
      "  moldau group explain billing --for 30s\n"
      "  moldau group explain billing --format json | jq -r '.[].findings[0].says'",
      explain_groups);
  add_names(app, *options, "which").required();
  app.add_option("--for", options->look_for, "how long to watch whether offsets move; 0s: not")
      .type_name("DURATION")
      .check(is_duration())
      .capture_default_str();
  add_format_option(app, options->format);
  add_broker_options(app, options->client);
}

void add_remove_member(Command group, Chosen& chosen) {
  const auto options = std::make_shared<GroupOptions>();
  const auto app = add_verb(
      group, chosen, options, "remove-member", "make members leave, so that others take over",
      "For members that are gone without saying so: static ones above all, which the group waits\n"
      "for until their session ends. A member that is alive comes back by itself: stop it "
      "first.\n\n"
      "Examples:\n"
      "  moldau group remove-member billing --instance worker-3\n"
      "  moldau group remove-member billing consumer-1-5f0e2c1a-7a43-4f0b-9d3e-0a6a3a0d8f11\n"
      "  moldau group remove-member billing --all --reason \"moved to another rack\"",
      remove_members);
  app.add_option("group", options->group, "of which group").type_name("GROUP").required();
  app.add_option("member", options->members, "ids of members, as `group describe` shows them")
      .type_name("MEMBER");
  add_list(app, "--instance", options->instances, "INSTANCE",
           "a static member by its group.instance.id; may be repeated");
  app.add_flag("--all", options->all_members, "every member");
  app.add_option("--reason", options->reason, "for the coordinator's log and timeline")
      .type_name("TEXT");
  add_broker_options(app, options->client);
  app.callback([&chosen, options] {
    const bool names_some = !options->members.empty() || !options->instances.empty();
    if (names_some == options->all_members) {
      throw UsageError("group remove-member: name members, or take --all of them");
    }
    chosen.run = [options](World& world) { return exit_code(remove_members(world, *options)); };
  });
}

/// What the types of the options cannot say.
void check_reset(const GroupOptions& options) {
  const int targets = (options.to.empty() ? 0 : 1) + (options.shift ? 1 : 0) +
                      (options.by_duration.empty() ? 0 : 1) + (options.from_file.empty() ? 0 : 1);
  if (targets != 1) {
    throw UsageError(
        "group reset: write where to: one of --to, --shift, --by-duration and --from-file");
  }
  if (!options.from_file.empty() && !options.topics.empty()) {
    throw UsageError("group reset: --from-file names its partitions, so leave --topic out");
  }
  for (const auto& topic : options.topics) {
    const auto colon = topic.find(':');
    if (colon == std::string::npos) continue;
    const auto partitions = parse_ranges(std::string_view(topic).substr(colon + 1));
    if (!partitions) throw UsageError("--topic " + topic + ": " + partitions.error().context);
  }
}

void add_reset(Command group, Chosen& chosen) {
  const auto options = std::make_shared<GroupOptions>();
  const auto app = add_verb(
      group, chosen, options, "reset", "set committed offsets, to read again or to skip",
      "Shows what would change, and changes it only with --execute. The group must have no\n"
      "members then. An offset outside of a partition becomes its nearest end.\n\n"
      "WHERE is one of\n" +
          std::string(position_forms) +
          "\n\nExamples:\n"
          "  moldau group reset billing --to earliest\n"
          "  moldau group reset billing --to -2h --topic orders --execute\n"
          "  moldau group reset billing --to 2026-11-23T08:00 --topic orders:0,3-5 --execute\n"
          "  moldau group reset billing --shift -100 --execute\n"
          "  moldau group reset billing --by-duration PT1H30M --execute\n"
          "  moldau group reset billing --to earliest --export > offsets.csv\n"
          "  moldau group reset billing --from-file offsets.csv --execute",
      reset_group);
  add_names(app, *options, "which").required().once();
  app.add_option("--to", options->to, "where to").type_name("WHERE").check(is_position());
  app.add_option("--shift", options->shift, "so many records on from the committed offset, or back")
      .type_name("N|-N");
  app.add_option("--by-duration", options->by_duration,
                 "to the first record of the last so long: PT1H30M (ISO 8601), 1h30m")
      .type_name("DURATION")
      .check(is_duration());
  app.add_option("--from-file", options->from_file,
                 "to the offsets of a file, each line TOPIC,PARTITION,OFFSET, or with GROUP in "
                 "front; - is standard input")
      .type_name("FILE");
  add_list(app, "--topic", options->topics, "TOPIC[:PARTITIONS]",
           "only there; may be repeated. Default: wherever the group has committed");
  app.add_flag("--export", options->exports,
               "print the plan as the file that --from-file and Apache's tool read");
  app.add_flag("--execute", options->execute, "do it");
  add_format_option(app, options->format);
  add_broker_options(app, options->client);
  app.callback([&chosen, options] {
    check_reset(*options);
    chosen.run = [options](World& world) { return exit_code(reset_group(world, *options)); };
  });
}

}  // namespace

void add_group_commands(Command program, Chosen& chosen) {
  const auto group =
      add_group(program, "group",
                "consumer groups: list, describe, explain, reset offsets, remove members, delete");
  add_list_verb(group, chosen);
  add_describe(group, chosen);
  add_delete(group, chosen);
  add_reset(group, chosen);
  add_remove_member(group, chosen);
  add_explain(group, chosen);
}

}  // namespace moldau::apps
