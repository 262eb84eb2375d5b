// One statement of an IAM policy, element by element. Inside auth/policy only. Pure.
#pragma once

#include "auth/policy/grammar_iam.hpp"
#include "auth/policy/json_tree.hpp"

namespace sluice::auth {

// The document's parts. invalid_argument: what is wrong with it.
result<json_tree> read_policy_json(std::string_view text, iam_limits const& limits);
struct iam_document {
    bool has_variables = false;
    std::vector<json_tree const*> statements;  // of the tree that was read; 1 to limits.statements
};
result<iam_document> read_policy_document(json_tree const& from, iam_limits const& limits);
// Says which statement it was.
failure in_statement(failure why, std::size_t number, json_tree const& statement);
// Of all rules together.
result<void> check_rules(std::vector<rule> const& made, iam_limits const& limits);

// What all statements of one document share.
struct iam_reading {
    iam_scope const& scope;
    bool has_variables = true;  // Version 2012-10-17
};

struct iam_statement {
    std::string sid;
    std::vector<rule> rules;
    bool is_public = false;
};

result<iam_statement> read_statement(json_tree const& from, iam_reading const& how);

// Condition: { operator: { key: value or values } }. `fixes`: one of them holds a key to fixed values.
struct iam_conditions {
    std::vector<condition> tests;
    bool fixes = false;
};
result<iam_conditions> read_conditions(json_tree const& from, iam_reading const& how);

failure malformed_policy(std::string text);
// One text or a list of them. `what` names the element.
result<std::vector<std::string>> read_texts(json_tree const& from, std::string_view what,
                                            iam_limits const& limits);
// As it is stored: without variables a text that looks like one is itself.
result<std::string> stored_text(std::string text, iam_reading const& how);

}  // namespace sluice::auth
