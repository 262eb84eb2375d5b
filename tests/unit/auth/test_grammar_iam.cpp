#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "auth/policy/account.hpp"
#include "auth/policy/compiled_policy.hpp"
#include "auth/policy/grammar_iam.hpp"
#include "auth/policy/grammar_text.hpp"
#include "auth/policy/iam_actions.hpp"
#include "auth/policy/iam_keys.hpp"
#include "auth/policy/iam_names.hpp"
#include "auth/policy/json_tree.hpp"
#include "gateway/core/random.hpp"

namespace sluice::auth {
namespace {

constexpr principal_id alice{2000}, bob{2001}, carol{2002}, team{3000};
constexpr unix_millis noon{1780315200000};  // 2026-06-01T12:00:00Z

std::shared_ptr<directory const> people() {
    static auto const made = [] {
        auto const one = [](principal_id id, std::string name, std::vector<principal_id> roles) {
            principal out;
            out.id = id;
            out.name = std::move(name);
            out.member_of = std::move(roles);
            return out;
        };
        std::vector<principal> all{one(alice, "alice", {}), one(bob, "bob", {}),
                                   one(carol, "carol", {team}), one(team, "team", {})};
        all.back().kind = principal_kind::role;
        return directory::build({}, std::move(all), {}).value();
    }();
    return made;
}

result<iam_policy> parse(std::string const& text) {
    iam_scope const scope{*people(), "photos"};
    return parse_iam_policy(text, scope);
}
std::string refused(std::string const& text) {
    auto const made = parse(text);
    if (made.has_value()) return "taken";
    EXPECT_EQ(made.error().code, error::invalid_argument);
    return made.error().text;
}
std::string document(std::string const& statements) {
    return R"({"Version":"2012-10-17","Statement":)" + statements + "}";
}

std::string replaced(std::string text, std::string const& from, std::string const& to) {
    if (auto at = text.find(from); at != text.npos) text.replace(at, from.size(), to);
    return text;
}

constexpr char give_all[] =
    R"({"Effect":"Allow","Principal":"*","Action":"s3:*",)"
    R"("Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]},)";

std::string case_document(std::string statement) {
    bool const beside = statement.starts_with('+');
    statement = replaced(statement, "$A", R"("Principal":{"AWS":"alice"},)");
    statement = replaced(statement, "$R",
                         R"("Action":"s3:GetObject","Resource":"arn:aws:s3:::photos/*")");
    statement = replaced(statement, "$S",
                         R"("Principal":{"AWS":"alice"},"Action":"s3:ListBucket",)"
                         R"("Resource":"arn:aws:s3:::photos","Condition":)");
    if (beside) return document("[" + std::string(give_all) + "{" + statement.substr(1) + "}]");
    return document(R"([{"Effect":"Allow",)" + statement + "}]");
}

// One request as the guard would ask it.
struct question {
    principal_id who{};
    std::string action, name, part;
    std::vector<context_value> values;

    decision ask(std::vector<rule> const& rules) const;
};

principal_id named(std::string const& name) {
    return name == "anyone" ? anonymous_id : people()->find(name)->id;
}

question question_of(std::string const& text) {
    std::istringstream words(text);
    question out;
    std::string who, resource, word;
    words >> who >> out.action >> resource;
    out.who = named(who);
    out.name = resource.substr(0, resource.find('/'));
    if (resource.size() > out.name.size()) out.part = resource.substr(out.name.size() + 1);
    while (words >> word) {
        auto const equal = word.find('=');
        out.values.push_back({word.substr(0, equal), word.substr(equal + 1)});
    }
    for (auto id : people()->closure(out.who))
        out.values.push_back({std::string(principal_key), to_text(rule_id{to_underlying(id)})});
    auto const& known = *people()->find(out.who);
    out.values.push_back({"aws:PrincipalType", std::string(principal_type(known))});
    if (out.who == anonymous_id) return out;
    out.values.push_back({"aws:PrincipalArn", principal_arn(known)});
    if (out.who != root_id) out.values.push_back({"aws:username", known.name});
    return out;
}

// By the reference and the compiled form, which have to agree.
decision question::ask(std::vector<rule> const& rules) const {
    auto const* row = find_iam_action(action);
    EXPECT_NE(row, nullptr) << action;
    request_context context;
    context.source_ip = "10.1.2.3";
    context.protocol = "s3";
    context.now = noon;
    context.action = action;
    context.values = values;
    decision last;
    for (std::size_t number = 0; number < action_count; ++number) {
        auto const verb = static_cast<auth::action>(number);
        if (!row->verbs.has(verb)) continue;
        access_request request;
        request.verb = verb;
        request.name = name;
        request.part = part;
        request.face = static_cast<std::uint8_t>(facet::files);
        request.context = &context;
        subject const as{who, people()->closure(who)};
        last = evaluate(rules, as, request);
        auto const compiled = compiled_policy::build({}, rules, 1).value();
        EXPECT_EQ(compiled->of(as)->decide(request), last);
    }
    return last;
}

std::vector<rule> numbered(std::vector<rule> rules) {
    for (std::size_t i = 0; i < rules.size(); ++i) rules[i].id = rule_id{5000 + i};
    return rules;
}

struct iam_case {
    char const* name;
    char const* statement;
    char const* request;
    bool allowed;
};
constexpr iam_case cases[] = {
#define IAM_CASE(name, statement, request, allowed) {name, statement, request, allowed},
#include "tests/unit/auth/iam_cases.def"
#undef IAM_CASE
};

TEST(IamPolicy, DecidesAsIamDoes) {
    static_assert(std::size(cases) >= 120);
    for (auto const& one : cases) {
        auto const text = case_document(one.statement);
        auto const made = parse(text);
        ASSERT_TRUE(made.has_value()) << one.name << ": " << made.error().text << "\n" << text;
        auto const rules = numbered(made->rules);
        EXPECT_EQ(question_of(one.request).ask(rules).allowed(), one.allowed)
            << one.name << "\n"
            << text << "\n"
            << one.request;
        // What is stored decides the same.
        std::vector<rule> read;
        for (auto const& rule : rules) read.push_back(decode_rule(encode(rule)).value());
        EXPECT_EQ(read, rules) << one.name;
    }
}

std::string statement(std::string const& without, std::string const& with = {}) {
    std::pair<std::string, std::string> const elements[] = {
        {"Effect", R"("Effect":"Allow")"},
        {"Principal", R"("Principal":"*")"},
        {"Action", R"("Action":"s3:GetObject")"},
        {"Resource", R"("Resource":"arn:aws:s3:::photos/*")"}};
    std::string out;
    for (auto const& [name, text] : elements)
        if (name != without) out += (out.empty() ? "" : ",") + text;
    return "{" + out + (with.empty() ? "" : "," + with) + "}";
}
std::string with_condition(std::string const& text) {
    return document(statement("", R"("Condition":)" + text));
}

TEST(IamPolicy, SaysWhatIsWrongWithADocument) {
    std::string const not_json = "Policies must be valid JSON and the first byte must be '{'";
    auto const one = [](std::string const& without, std::string const& with) {
        return document(statement(without, with));
    };
    std::pair<std::string, std::string> const wrong[] = {
        {"", not_json},
        {" {}", not_json},
        {"[]", not_json},
        {"{", not_json},
        {"{}x", not_json},
        {R"({"Version":"2012-10-17"})", "Missing required field Statement"},
        {document("[]"), "Missing required field Statement"},
        {document("7"), "Missing required field Statement"},
        {R"({"Version":"2013-01-01","Statement":[]})",
         "The policy must contain a valid version string"},
        {R"({"Versions":"2012-10-17","Statement":[]})", "Unknown field Versions"},
        {R"({"Id":7,"Statement":[]})", "Policy has invalid Id: it must be a text"},
        {R"({"Version":"2012-10-17","Version":"2012-10-17"})", "Duplicate field Version"},
        {document("[7]"), "Policy has invalid statement: it must be an object (statement 1)"},
        {one("Effect", ""), "Missing required field Effect (statement 1)"},
        {one("Principal", ""), "Missing required field Principal (statement 1)"},
        {one("Action", ""), "Missing required field Action (statement 1)"},
        {one("Resource", ""), "Missing required field Resource (statement 1)"},
        {one("", R"("Sid":"S","Extra":1)"), "Unknown field Extra (statement 1, Sid S)"},
        {one("", R"("Sid":7)"), "Policy has invalid Sid: it must be a text (statement 1)"},
        {one("Effect", R"("Effect":"allow")"), "Invalid effect: allow (statement 1)"},
        {one("", R"("NotAction":"s3:PutObject")"),
         "A statement has both Action and NotAction (statement 1)"},
        {one("", R"("NotResource":"arn:aws:s3:::photos/*")"),
         "A statement has both Resource and NotResource (statement 1)"},
        {one("", R"("NotPrincipal":"*")"),
         "A statement has both Principal and NotPrincipal (statement 1)"},
        {one("Principal", R"("Principal":"alice")"), "Invalid principal in policy (statement 1)"},
        {one("Principal", R"("Principal":{})"), "Invalid principal in policy (statement 1)"},
        {one("Principal", R"("Principal":{"AWS":"nobody"})"),
         R"(Invalid principal in policy: "AWS":"nobody" (statement 1))"},
        {one("Principal", R"("Principal":{"AWS":"arn:aws:iam::000000000000:user/team"})"),
         R"(Invalid principal in policy: "AWS":"arn:aws:iam::000000000000:user/team" (statement 1))"},
        {one("Principal", R"("Principal":{"AWS":"arn:aws:iam::111122223333:root"})"),
         R"(Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:root" (statement 1))"},
        {one("Principal", R"("Principal":{"AWS":"arn:aws:iam::000000000000:user/*"})"),
         R"(Invalid principal in policy: "AWS":"arn:aws:iam::000000000000:user/*" (statement 1))"},
        {one("Principal", R"("Principal":{"CanonicalUser":"alice"})"),
         R"(Invalid principal in policy: "CanonicalUser":"alice" (statement 1))"},
        {one("Principal", R"("Principal":{"Service":"logging.s3.amazonaws.com"})"),
         "Invalid principal in policy: Service principals are not implemented (statement 1)"},
        {one("Principal", R"("Principal":{"Federated":"cognito-identity.amazonaws.com"})"),
         "Invalid principal in policy: Federated principals are not implemented (statement 1)"},
        {one("Principal", R"("NotPrincipal":"*")"),
         "Invalid principal in policy: NotPrincipal of everyone is nobody (statement 1)"},
        {one("Action", R"("Action":"s3:FlyObject")"),
         "Policy has invalid action: s3:FlyObject (statement 1)"},
        {one("Action", R"("Action":["s3:GetObject","sqs:SendMessage"])"),
         "Policy has invalid action: sqs:SendMessage (statement 1)"},
        {one("Action", R"("Action":[])"), "Policy has invalid action (statement 1)"},
        {one("Action", R"("Action":7)"), "Policy has invalid action (statement 1)"},
        {one("Action", R"("NotAction":"*")"),
         "Policy has invalid action: nothing is left (statement 1)"},
        {one("Resource", R"("Resource":"arn:aws:s3:::other/*")"),
         "Policy has invalid resource: arn:aws:s3:::other/* (statement 1)"},
        {one("Resource", R"("Resource":"arn:aws:s3:::photos2/*")"),
         "Policy has invalid resource: arn:aws:s3:::photos2/* (statement 1)"},
        {one("Resource", R"("Resource":"arn:aws:s3:::*")"),
         "Policy has invalid resource: arn:aws:s3:::* (statement 1)"},
        {one("Resource", R"("Resource":"*")"), "Policy has invalid resource: * (statement 1)"},
        {one("Resource", R"("Resource":"arn:aws:s3:::photos/${aws:nobody}")"),
         "Policy has invalid resource: arn:aws:s3:::photos/${aws:nobody} (statement 1)"},
        {one("Resource", R"("Resource":"arn:aws:s3:::photos/${aws:username")"),
         "Policy has invalid resource: arn:aws:s3:::photos/${aws:username (statement 1)"},
        {one("Resource", R"("Resource":"arn:aws:s3:::photos")"),
         "Action does not apply to any resource(s) in statement (statement 1)"},
        {one("Action", R"("Action":["s3:GetObject","s3:ListBucket"])"),
         "Action does not apply to any resource(s) in statement (statement 1)"},
        {one("Action", R"("Action":"s3:ListAllMyBuckets")"),
         "Action does not apply to any resource(s) in statement (statement 1)"},
        {document("[" + statement("", R"("Sid":"a")") + "," + statement("", R"("Sid":"a")") + "]"),
         "Duplicate Sid: a"},
        {document("[" + statement("") + "," + statement("Effect") + "]"),
         "Missing required field Effect (statement 2)"},
    };
    for (auto const& [text, message] : wrong) EXPECT_EQ(refused(text), message) << text;
}

TEST(IamPolicy, SaysWhatIsWrongWithACondition) {
    std::pair<std::string, std::string> const wrong[] = {
        {"7", "Policy has an invalid Condition: it must be an object"},
        {R"({"Bool":7})", "Policy has an invalid Condition: Bool must be an object of condition keys"},
        {R"({"Bool":{}})", "Policy has an invalid Condition: Bool must be an object of condition keys"},
        {R"({"StringIs":{"s3:prefix":"a"}})", "Policy has an invalid condition operator: StringIs"},
        {R"({"NullIfExists":{"s3:prefix":"true"}})",
         "Policy has an invalid condition operator: NullIfExists"},
        {R"({"ForSomeValues:StringEquals":{"s3:prefix":"a"}})",
         "Policy has an invalid condition operator: ForSomeValues:StringEquals"},
        {R"({"BinaryEquals":{"s3:prefix":"YQ"}})",
         "Policy has an invalid value for condition key s3:prefix: YQ"},
        {R"({"BinaryEquals":{"aws:CurrentTime":"YQ=="}})",
         "The condition operator BinaryEquals does not apply to condition key aws:CurrentTime"},
        {R"({"NumericEquals":{"aws:ViaAWSService":"1"}})",
         "The condition operator NumericEquals does not apply to condition key aws:ViaAWSService"},
        {R"({"StringEquals":{"s3:moon":"full"}})", "Policy has an invalid condition key: s3:moon"},
        {R"({"StringEquals":{"prefix":"a"}})", "Policy has an invalid condition key: prefix"},
        {R"({"StringEquals":{"s3:ExistingObjectTag/":"b"}})",
         "Policy has an invalid condition key: s3:ExistingObjectTag/"},
        {R"({"NumericEquals":{"s3:RequestObjectTag/a":"1"}})",
         "The condition operator NumericEquals does not apply to condition key "
         "s3:RequestObjectTag/a"},
        {R"({"NumericLessThan":{"s3:ExistingJobPriority":"1"}})",
         "The condition key s3:ExistingJobPriority is not implemented"},
        {R"({"StringEquals":{"aws:sourcevpce":"vpce-1"}})",
         "The condition key aws:sourcevpce is not implemented"},
        {R"({"StringEquals":{"aws:SourceIp":"10.0.0.1"}})",
         "The condition operator StringEquals does not apply to condition key aws:SourceIp"},
        {R"({"IpAddress":{"s3:prefix":"10.0.0.1"}})",
         "The condition operator IpAddress does not apply to condition key s3:prefix"},
        {R"({"NumericEquals":{"s3:prefix":"1"}})",
         "The condition operator NumericEquals does not apply to condition key s3:prefix"},
        {R"({"Bool":{"s3:prefix":"true"}})",
         "The condition operator Bool does not apply to condition key s3:prefix"},
        {R"({"ArnLike":{"aws:username":"arn:aws:iam::1:user/a"}})",
         "The condition operator ArnLike does not apply to condition key aws:username"},
        {R"({"IpAddress":{"aws:SourceIp":"10.0.0.0/33"}})",
         "Policy has an invalid value for condition key aws:SourceIp: 10.0.0.0/33"},
        {R"({"Bool":{"aws:SecureTransport":"yes"}})",
         "Policy has an invalid value for condition key aws:SecureTransport: yes"},
        {R"({"NumericEquals":{"s3:max-keys":"ten"}})",
         "Policy has an invalid value for condition key s3:max-keys: ten"},
        {R"({"DateLessThan":{"aws:CurrentTime":"tomorrow"}})",
         "Policy has an invalid value for condition key aws:CurrentTime: tomorrow"},
        {R"({"DateLessThan":{"aws:CurrentTime":"2026-02-30"}})",
         "Policy has an invalid value for condition key aws:CurrentTime: 2026-02-30"},
        {R"({"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00+01:00"}})",
         "Policy has an invalid value for condition key aws:CurrentTime: 2026-01-01T00:00:00+01:00"},
        {R"({"ArnLike":{"aws:PrincipalArn":"alice"}})",
         "Policy has an invalid value for condition key aws:PrincipalArn: alice"},
        {R"({"Null":{"s3:prefix":"a"}})",
         "Policy has an invalid value for condition key s3:prefix: a"},
        {R"({"Null":{"s3:prefix":["true","false"]}})",
         "Policy has an invalid value for condition key s3:prefix: the number of values"},
        {R"({"StringEquals":{"s3:prefix":[]}})",
         "Policy has an invalid value for condition key s3:prefix: the number of values"},
        {R"({"StringEquals":{"s3:prefix":{}}})",
         "Policy has an invalid value for condition key s3:prefix: it must be a text"},
        {R"({"StringEquals":{"s3:prefix":"${aws:ResourceTag/x}"}})",
         "The variable ${aws:ResourceTag/x} is not implemented"},
        {R"({"StringEquals":{"s3:prefix":"${aws:moon}"}})",
         "Policy has an unknown variable ${aws:moon}"},
    };
    for (auto const& [text, message] : wrong)
        EXPECT_EQ(refused(with_condition(text)), message + " (statement 1)") << text;
}

TEST(IamPolicy, IsBounded) {
    EXPECT_EQ(refused(document(statement("", R"("Sid":")" + std::string(20'480, 'a') + '"'))),
              "Policy exceeds the maximum allowed document size.");
    std::string deep(15'000, '[');
    EXPECT_EQ(refused("{\"Id\":" + deep), "The policy is nested too deeply or has too many values");
    std::string many = "[";
    for (int i = 0; i < 101; ++i) many += (i ? "," : "") + statement("");
    EXPECT_EQ(refused(document(many + "]")), "The policy has more than 100 statements");
    std::string actions = "[";
    for (int i = 0; i < 257; ++i) actions += std::string(i ? "," : "") + "\"s3:GetObject\"";
    EXPECT_EQ(refused(document(statement("Action", "\"Action\":" + actions + "]"))),
              "Policy has invalid action (statement 1)");
    std::string keys = "{\"StringLike\":{\"s3:prefix\":\"" + std::string(1025, 'a') + "\"}}";
    EXPECT_EQ(refused(with_condition(keys)), "The policy: a condition value is too long");
    std::string conditions;
    for (auto const* front : {"", "ForAnyValue:", "ForAllValues:"})
        for (auto const* end : {"", "IfExists"})
            for (auto const* what : {"Equals", "NotEquals", "Like", "NotLike", "EqualsIgnoreCase"})
                conditions += std::string(conditions.empty() ? "" : ",") + "\"" + front + "String" +
                              what + end + "\":{\"s3:prefix\":\"a\"}";
    EXPECT_EQ(refused(with_condition("{" + conditions + "}")),
              "A statement has too many conditions (statement 1)");
}

// An answer, whatever it is, to documents with a byte changed or cut short.
TEST(IamPolicy, DamagedDocumentsAreAnswered) {
    seeded_random random(11);
    for (auto const& one : cases) {
        auto const whole = case_document(one.statement);
        for (int round = 0; round < 20; ++round) {
            auto damaged = whole.substr(0, 1 + random.below(whole.size()));
            damaged[random.below(damaged.size())] = static_cast<char>(random.below(256));
            auto const made = parse(damaged);
            if (made.has_error()) EXPECT_EQ(made.error().code, error::invalid_argument);
            else EXPECT_EQ(made->rules[0].text, damaged);
        }
    }
}

TEST(IamPolicy, OldVersionsHaveNoVariables) {
    auto const text =
        R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",)"
        R"("Resource":"arn:aws:s3:::photos/${aws:username}/*"}})";
    auto const rules = numbered(parse(text).value().rules);
    EXPECT_FALSE(question_of("alice s3:GetObject photos/alice/a").ask(rules).allowed());
    EXPECT_TRUE(question_of("alice s3:GetObject photos/${aws:username}/a").ask(rules).allowed());
}

TEST(IamPolicy, CarriesItsTextAndNothingElseByIt) {
    auto const right = document("[" + statement("") + "]");
    auto const made = parse(right).value();
    ASSERT_EQ(made.rules.size(), 2u);
    EXPECT_EQ(made.rules[0].text, right);
    EXPECT_TRUE(made.rules[1].text.empty());
    auto const carrier = numbered({made.rules[0]});
    for (auto const& row : iam_actions()) {
        auto const request = "alice " + std::string(row.name) + " photos/a";
        EXPECT_FALSE(question_of(request).ask(carrier).allowed()) << row.name;
    }
}

TEST(IamPolicy, KnowsWhatIsPublic) {
    auto const is_public = [](std::string const& condition, std::string const& principal = "\"*\"") {
        return parse(document(statement("Principal", "\"Principal\":" + principal +
                                                         (condition.empty() ? "" : ",\"Condition\":" + condition))))
            .value()
            .is_public;
    };
    EXPECT_TRUE(is_public(""));
    EXPECT_TRUE(is_public("", R"({"AWS":["alice","*"]})"));
    EXPECT_FALSE(is_public("", R"({"AWS":"alice"})"));
    EXPECT_FALSE(is_public(R"({"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}})"));
    EXPECT_TRUE(is_public(R"({"IpAddress":{"aws:SourceIp":["203.0.113.0/24","0.0.0.0/0"]}})"));
    EXPECT_TRUE(is_public(R"({"IpAddress":{"aws:SourceIp":"::/0"}})"));
    EXPECT_TRUE(is_public(R"({"IpAddressIfExists":{"aws:SourceIp":"203.0.113.0/24"}})"));
    EXPECT_TRUE(is_public(R"({"NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}})"));
    EXPECT_FALSE(is_public(R"({"StringEquals":{"aws:username":"alice"}})"));
    EXPECT_TRUE(is_public(R"({"StringLike":{"aws:username":"a*"}})"));
    EXPECT_TRUE(is_public(R"({"StringNotEquals":{"aws:username":"alice"}})"));
    EXPECT_TRUE(is_public(R"({"ForAllValues:StringEquals":{"aws:username":"alice"}})"));
    EXPECT_TRUE(is_public(R"({"StringEquals":{"s3:prefix":"a"}})"));
    EXPECT_TRUE(is_public(R"({"StringLike":{"aws:Referer":"https://example.com/*"}})"));
    EXPECT_FALSE(is_public(
        R"({"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::000000000000:user/alice"}})"));
}

TEST(IamPolicy, RestrictedBucketsGiveStrangersNothing) {
    auto const rules = numbered(parse(document(statement(""))).value().rules);
    EXPECT_TRUE(question_of("anyone s3:GetObject photos/a").ask(rules).allowed());
    EXPECT_TRUE(
        question_of("anyone s3:GetObject photos/a sluice:restricted=other").ask(rules).allowed());
    EXPECT_FALSE(
        question_of("anyone s3:GetObject photos/a sluice:restricted=other sluice:restricted=photos")
            .ask(rules)
            .allowed());
}

TEST(IamPolicy, PoliciesOfAPrincipal) {
    iam_scope scope{*people(), {}};
    scope.holder = alice;
    auto const made = [&](std::string const& text) { return parse_iam_policy(document(text), scope); };
    EXPECT_EQ(made(statement("")).error().text,
              "Policy document should not specify a principal. (statement 1)");
    auto const rules = [&](std::string const& text) { return numbered(made(text).value().rules); };
    auto const any = rules(R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})");
    EXPECT_TRUE(question_of("alice s3:GetObject photos/a").ask(any).allowed());
    EXPECT_TRUE(question_of("alice s3:ListBucket other").ask(any).allowed());
    EXPECT_FALSE(question_of("bob s3:GetObject photos/a").ask(any).allowed());
    access_request of_all;
    of_all.verb = action::list;
    of_all.kind = resource_kind::cluster;
    subject const as{alice, people()->closure(alice)};
    EXPECT_TRUE(evaluate(any, as, of_all).allowed());
    auto const some = rules(
        R"({"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::pho*/x?","arn:aws:s3:::b-${aws:username}/*"]})");
    EXPECT_TRUE(question_of("alice s3:GetObject photos/x1").ask(some).allowed());
    EXPECT_FALSE(question_of("alice s3:GetObject photos/y1").ask(some).allowed());
    EXPECT_TRUE(question_of("alice s3:GetObject b-alice/z").ask(some).allowed());
    EXPECT_FALSE(question_of("alice s3:GetObject b-bob/z").ask(some).allowed());
    EXPECT_FALSE(evaluate(some, as, of_all).allowed());
    EXPECT_EQ(made(R"({"Effect":"Allow","Action":"ec2:Run*","Resource":"*"})").error().text,
              "Policy has invalid action: ec2:Run* (statement 1)");
}

// What no protocol named an action for is what its verb stands for.
TEST(IamPolicy, VerbsStandForActions) {
    auto const rules = numbered(
        parse(document(statement("Principal", R"("Principal":{"AWS":"alice"})"))).value().rules);
    access_request request;
    request.name = "photos";
    request.part = "a";
    request.face = static_cast<std::uint8_t>(facet::files);
    subject const as{alice, people()->closure(alice)};
    EXPECT_TRUE(evaluate(rules, as, request).allowed());
    request.verb = action::update;
    EXPECT_FALSE(evaluate(rules, as, request).allowed());
    request.verb = action::read;
    request.face = static_cast<std::uint8_t>(facet::log);
    EXPECT_FALSE(evaluate(rules, as, request).allowed()) << "a topic of that name";
}

TEST(IamPolicy, EveryRuleCanBeShown) {
    for (auto const& one : cases)
        for (auto const& made : parse(case_document(one.statement)).value().rules) {
            auto const text = to_rule_text(made, [](principal_id) { return "x"; });
            EXPECT_EQ(text.find(" test_"), text.npos) << text;
        }
}

TEST(IamActions, AreDeclaredOnce) {
    for (auto const& row : iam_actions()) {
        EXPECT_EQ(find_iam_action(row.name), &row) << row.name;
        EXPECT_FALSE(row.verbs.empty());
    }
    for (std::size_t verb = 0; verb < action_count; ++verb) {
        auto const name = iam_action_of(static_cast<action>(verb), resource_kind::dataset);
        if (name.empty()) continue;
        ASSERT_NE(find_iam_action(name), nullptr) << name;
    }
}

TEST(JsonTree, KeepsOrderAndRefusesWhatIsTwice) {
    auto const tree = parse_json(R"({"b":[1,-2.5e3,true,null,"x\u00e9"],"a":{}})").value();
    EXPECT_EQ(tree.names, (std::vector<std::string>{"b", "a"}));
    std::vector<std::string> texts;
    for (auto const& one : tree.items[0].items) texts.push_back(one.text);
    EXPECT_EQ(texts, (std::vector<std::string>{"1", "-2.5e3", "true", "", "x\u00e9"}));
    EXPECT_EQ(parse_json(R"({"a":1,"\u0061":2})").error().code, error::already_exists);
    EXPECT_TRUE(parse_json("{\"a\":1} \n").has_value());
    for (auto const* text : {"", "{", "{} x", "{\"a\":}", "[1,]", "{'a':1}", "\"\xff\""})
        EXPECT_EQ(parse_json(text).error().code, error::malformed) << text;
}

}  // namespace
}  // namespace sluice::auth
