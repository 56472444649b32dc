#include <gtest/gtest.h>

#include <array>

#include "apps/cli/command_doc.h"
#include "apps/cli/command_line.h"
#include "apps/cli/completion.h"
#include "apps/cli/help.h"
#include "apps/cli/man_page.h"
#include "apps/cli/options.h"
#include "apps/cli/output.h"

namespace moldau::apps {
namespace {

/// A program with one command below another, an option of each kind, and texts that shells and
/// roff would misread.
class Program {
 public:
  Program()
      : line_({.name = "moldau",
               .what = "it's a \"program\"",
               .version = "1.2.3",
               .footer = "All of it."}) {
    const auto app = line_.program();
    const auto topic = app.add_subcommand("topic", "topics");
    const auto create = topic.add_subcommand("create", "create [a] topic: now");
    create.footer("Makes one.\n\nExamples:\n  moldau topic create 'a b'\n  .x \\n");
    create.add_option("topic", name_, "which").required().type_name("TOPIC");
    add_choice<int>(create, "--format", number_, {{"table", 0}, {"json", 1}}, "how");
    create.add_option("-n,--count", number_, "how many").type_name("N").envname("COUNT");
    create.add_option("--file", name_, "from where").type_name("FILE");
    add_list(create, "--config", list_, "KEY=VALUE", "a setting");
    create.add_flag("--dry-run", flag_, "don't");
    const auto group = app.add_subcommand("group", "groups");
    group.add_option("group", list_, "which").type_name("GROUP");
  }

  CommandDoc doc() { return line_.program().document(); }
  CommandDoc create() { return doc().commands[0].commands[0]; }
  CommandLine& line() { return line_; }

 private:
  CommandLine line_;
  std::string name_;
  std::vector<std::string> list_;
  int number_{0};
  bool flag_{false};
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CommandDoc, what_the_parser_knows_is_all_there) {
  const auto create = Program().create();
  EXPECT_EQ(create.path, "moldau topic create");
  ASSERT_EQ(create.arguments.size(), 1);
  EXPECT_EQ(create.arguments[0].names, std::vector<std::string>{"TOPIC"});
  EXPECT_TRUE(create.arguments[0].required);
  ASSERT_EQ(create.options.size(), 6);
  EXPECT_EQ(create.options[0].choices(), (std::vector<std::string>{"table", "json"}));
  EXPECT_EQ(create.options[0].default_value, "table");
  EXPECT_EQ(create.options[1].names, (std::vector<std::string>{"-n", "--count"}));
  EXPECT_EQ(create.options[1].variable, "COUNT");
  EXPECT_TRUE(create.options[3].many);
  EXPECT_TRUE(create.options[4].is_flag());
  EXPECT_EQ(create.options[5].names.back(), "--help");
}

TEST(CommandDoc, a_footer_belongs_to_its_own_command) {
  const auto doc = Program().doc();
  EXPECT_EQ(doc.more, "All of it.");
  EXPECT_EQ(doc.commands[0].more, "");
  EXPECT_TRUE(doc.commands[0].commands[0].more.starts_with("Makes one."));
}

TEST(Help, says_what_it_does_first_and_gives_examples_last) {
  EXPECT_EQ(help_text(Program().create()),
            "moldau topic create: create [a] topic: now\n"
            "\n"
            "Usage: moldau topic create [options] TOPIC\n"
            "\n"
            "Makes one.\n"
            "\n"
            "Arguments:\n"
            "  TOPIC                       which\n"
            "\n"
            "Options:\n"
            "  --format table|json         how (default: table)\n"
            "  -n, --count N               how many (or $COUNT)\n"
            "  --file FILE                 from where\n"
            "  --config KEY=VALUE          a setting\n"
            "  --dry-run                   don't\n"
            "  -h, --help                  this help\n"
            "\n"
            "Examples:\n"
            "  moldau topic create 'a b'\n"
            "  .x \\n\n");
}

TEST(Help, the_usage_line_knows_what_may_be_left_out) {
  const auto doc = Program().doc();
  EXPECT_EQ(usage_line(doc), "moldau COMMAND");
  EXPECT_EQ(usage_line(doc.commands[1]), "moldau group [GROUP...]");
}

TEST(ManPage, text_is_no_roff) {
  const auto page = man_page(Program().doc(), "1.2.3");
  EXPECT_TRUE(contains(page, ".TH MOLDAU 1 \"\" \"moldau 1.2.3\"")) << page;
  EXPECT_TRUE(contains(page, "it\\(aqs a \\(dqprogram\\(dq"));
  EXPECT_TRUE(contains(page, ".SS moldau topic create [options] TOPIC\n"));
  EXPECT_TRUE(contains(page, "\\fB\\-n\\fR, \\fB\\-\\-count\\fR \\fIN\\fR\n"));
  EXPECT_TRUE(contains(page, "\n.nf\nmoldau topic create \\(aqa b\\(aq\n\\&.x \\en\n.fi\n"))
      << page;
}

TEST(Completion, values_are_offered_by_what_stands_for_them) {
  const auto create = Program().create();
  EXPECT_EQ(completes(create.arguments[0]), Completes::topics);
  EXPECT_EQ(completes(create.options[0]), Completes::choices);
  EXPECT_EQ(completes(create.options[1]), Completes::nothing);
  EXPECT_EQ(completes(create.options[2]), Completes::files);
}

TEST(Completion, bash_knows_commands_options_and_values) {
  const auto script = completion_script(Program().doc(), Shell::bash);
  EXPECT_TRUE(contains(script, "'moldau topic create') path+="));
  EXPECT_TRUE(contains(script, "'moldau topic create --format') words='table json' ;;"));
  EXPECT_TRUE(contains(script, "'moldau topic create -n') : ;;"));
  EXPECT_TRUE(contains(script, "'moldau topic create --file') kind=files ;;"));
  EXPECT_TRUE(contains(script,
                       "'moldau topic create') if [[ $word == -* ]]; then words='--format -n "
                       "--count --file --config --dry-run -h --help'; else kind=topics; fi ;;"))
      << script;
}

TEST(Completion, zsh_quotes_what_is_its_own_syntax) {
  const auto script = completion_script(Program().doc(), Shell::zsh);
  EXPECT_TRUE(script.starts_with("#compdef moldau\n"));
  EXPECT_TRUE(contains(script, "'create:create \\[a\\] topic\\: now'")) << script;
  EXPECT_TRUE(contains(script, "'(--dry-run)--dry-run[don'\\''t]'"));
  EXPECT_TRUE(contains(script, "'(-n --count)-n+[how many]:N: '"));
  EXPECT_TRUE(contains(script, "'*--config=[a setting]:KEY=VALUE: '"));
  EXPECT_TRUE(contains(script, "'1:TOPIC: _moldau_names topic'"));
}

TEST(Completion, fish_has_a_line_for_each_word) {
  const auto script = completion_script(Program().doc(), Shell::fish);
  EXPECT_TRUE(contains(script, "set -g __moldau_commands 'topic' 'topic create' 'group'\n"));
  EXPECT_TRUE(contains(script,
                       "complete -c moldau -n '__moldau_at topic create' -l format -x -a 'table "
                       "json' -d 'how'\n"))
      << script;
  EXPECT_TRUE(contains(script, "-l dry-run -d 'don\\'t'\n"));
  EXPECT_TRUE(contains(script, "-l file -r -F -d 'from where'\n"));
  EXPECT_TRUE(contains(script, "-s n -l count -x -d 'how many'\n"));
  EXPECT_TRUE(contains(script, "'__moldau_at group' -a '(__moldau_names group)'\n"));
}

/// What the program answers instead of running `moldau topic create ...`.
CommandLine::Answer answer_to(std::vector<const char*> words) {
  words.insert(words.begin(), {"moldau", "topic", "create"});
  const auto answer = Program().line().parse(static_cast<int>(words.size()), words.data());
  return answer.value_or(CommandLine::Answer{.exit_code = exit_ok, .text = {}});
}

TEST(Options, what_is_not_a_choice_or_number_is_refused_with_what_is) {
  EXPECT_EQ(answer_to({"t", "--format", "xml"}).exit_code, exit_usage);
  EXPECT_EQ(answer_to({"t", "--format", "xml"}).text,
            "--format: xml: write table|json\nRun with --help for more information.\n");
  EXPECT_EQ(answer_to({"t", "--format", "json"}).text, "");
  EXPECT_EQ(at_least(1)("0"), "0: write a whole number, at least 1");
}

TEST(CommandLine, help_is_an_answer_and_no_error) {
  EXPECT_EQ(answer_to({"--help"}).exit_code, exit_ok);
  EXPECT_EQ(answer_to({"--help"}).text, help_text(Program().create()));
}

TEST(CommandLine, what_a_callback_refuses_is_a_wrong_command_line) {
  Program program;
  program.line().program().add_subcommand("odd", "refuses").callback([] {
    throw UsageError("odd: not both");
  });
  const auto words = std::to_array({"moldau", "odd"});
  const auto answer = program.line().parse(words.size(), words.data());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->exit_code, exit_usage);
  EXPECT_EQ(answer->text, "odd: not both\nRun with --help for more information.\n");
}

}  // namespace
}  // namespace moldau::apps
