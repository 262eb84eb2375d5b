#include "tests/unit/query/plan_builder.hpp"

#include <ostream>

namespace sluice::query {
namespace {

void print(std::ostream& to, std::monostate) { to << "null"; }
void print(std::ostream& to, bool truth) { to << (truth ? "true" : "false"); }
void print(std::ostream& to, std::int64_t number) { to << number; }
void print(std::ostream& to, double number) { to << number << "f"; }
void print(std::ostream& to, std::string const& characters) { to << '\'' << characters << '\''; }
void print(std::ostream& to, int128 number) { to << number.high << ":" << number.low; }
void print(std::ostream& to, value_list const& all) {
    to << "[";
    for (auto const& one : *all) to << one << " ";
    to << "]";
}

}  // namespace

std::ostream& operator<<(std::ostream& to, value const& what) {
    std::visit([&](auto const& held) { print(to, held); }, what.held);
    return to;
}

}  // namespace sluice::query

namespace sluice::query::test {
namespace {

using types = std::vector<value_type>;

types types_of(std::vector<scalar_ptr> const& all) {
    types given;
    for (auto const& one : all) given.push_back(one->type);
    return given;
}

types columns_of(scan const& what) {
    auto const all = what.source->types();
    types given;
    for (auto const index : what.columns) given.push_back(all.at(index));
    return given;
}
types columns_of(constant_rows const& what) { return what.types; }
types columns_of(project const& what) { return types_of(what.columns); }
types columns_of(filter const& what) { return what.input->columns; }
types columns_of(join const& what) {
    auto both = what.left->columns;
    if (what.what == join_kind::semi || what.what == join_kind::anti) return both;
    both.insert(both.end(), what.right->columns.begin(), what.right->columns.end());
    return both;
}
types columns_of(aggregation const& what) {
    auto given = types_of(what.keys);
    for (auto const& one : what.calls) given.push_back(one.type);
    return given;
}
types columns_of(windowing const& what) {
    auto given = what.input->columns;
    for (auto const& one : what.calls) given.push_back(one.type);
    return given;
}
types columns_of(sorting const& what) { return what.input->columns; }
types columns_of(limiting const& what) { return what.input->columns; }
types columns_of(distinction const& what) { return what.input->columns; }
types columns_of(set_combination const& what) { return what.left->columns; }
types columns_of(recursion const& what) { return what.start->columns; }
types columns_of(recursive_scan const& what) { return what.types; }
types columns_of(shared_rows const& what) { return what.main->columns; }
types columns_of(shared_scan const& what) { return what.types; }
types columns_of(expansion const& what) {
    auto element = what.list->type;
    element.is_list = false;
    types given{element};
    if (what.numbered) given.push_back(int64);
    return given;
}

}  // namespace

value_type list_of(value_type element) {
    element.is_list = true;
    return element;
}

value null() { return {}; }
value n(std::int64_t number) { return {number}; }
value f(double number) { return {number}; }
value s(std::string characters) { return {std::move(characters)}; }
value b(bool truth) { return {truth}; }
value w(std::int64_t number) {
    return {int128{static_cast<std::uint64_t>(number), number < 0 ? -1 : 0}};
}
value list(std::vector<value> elements) {
    return {value_list{std::make_shared<std::vector<value>>(std::move(elements))}};
}

scalar_ptr lit(value held, value_type type) {
    return std::make_shared<scalar>(scalar{literal{std::move(held)}, type});
}
scalar_ptr num(std::int64_t number, value_type type) { return lit(n(number), type); }
scalar_ptr str(std::string characters) { return lit(s(std::move(characters)), text); }
scalar_ptr col(std::uint32_t index, value_type type, std::uint32_t levels_up) {
    return std::make_shared<scalar>(scalar{column{levels_up, index}, type});
}
scalar_ptr call(builtin what, std::vector<scalar_ptr> arguments, value_type type) {
    return std::make_shared<scalar>(scalar{builtin_call{what, std::move(arguments)}, type});
}
scalar_ptr own(own_function function, std::vector<scalar_ptr> arguments) {
    auto const returns = function.returns;
    auto shared = std::make_shared<own_function const>(std::move(function));
    return std::make_shared<scalar>(
        scalar{own_call{std::move(shared), std::move(arguments)}, returns});
}
scalar_ptr when(scalar_ptr condition, scalar_ptr then, scalar_ptr otherwise) {
    auto const type = then->type;
    return std::make_shared<scalar>(
        scalar{case_of{{{std::move(condition), std::move(then)}}, std::move(otherwise)}, type});
}
scalar_ptr sub(subquery_scalar::form what, node_ptr body, value_type type,
               std::vector<scalar_ptr> left) {
    return std::make_shared<scalar>(
        scalar{subquery_scalar{what, std::move(body), std::move(left)}, type});
}
scalar_ptr to(value_type type, scalar_ptr operand) {
    return std::make_shared<scalar>(scalar{convert{std::move(operand)}, type});
}

node_ptr make(decltype(node::what) what) {
    auto columns = std::visit([](auto const& one) { return columns_of(one); }, what);
    return std::make_shared<node>(node{std::move(what), std::move(columns)});
}
node_ptr read(std::shared_ptr<row_source const> source) {
    scan all{source, {}};
    for (std::uint32_t at = 0; at < source->types().size(); ++at) all.columns.push_back(at);
    return make(std::move(all));
}
node_ptr table(types columns, rows all) {
    return read(make_constant_source(std::move(columns), std::move(all)));
}
node_ptr select(node_ptr input, std::vector<scalar_ptr> columns) {
    return make(project{std::move(input), std::move(columns)});
}
node_ptr where(node_ptr input, scalar_ptr condition) {
    return make(filter{std::move(input), std::move(condition)});
}
node_ptr sorted(node_ptr input, std::vector<order> by) {
    return make(sorting{std::move(input), std::move(by)});
}
node_ptr joined(join_kind what, node_ptr left, node_ptr right, scalar_ptr condition, bool lateral) {
    return make(join{what, std::move(left), std::move(right), std::move(condition), lateral});
}
node_ptr grouped(node_ptr input, std::vector<scalar_ptr> keys, std::vector<aggregate_call> calls,
                 std::vector<std::vector<std::uint32_t>> sets) {
    return make(aggregation{std::move(input), std::move(keys), std::move(sets), std::move(calls)});
}
aggregate_call agg(aggregate what, std::vector<scalar_ptr> arguments, value_type type) {
    aggregate_call made;
    made.what = what;
    made.arguments = std::move(arguments);
    made.type = type;
    return made;
}

std::unique_ptr<read_engine> small_engine(engine_options options) {
    return make_engine(std::move(options), system_wall_clock()).value();
}

result<rows> drain(result_stream& stream) {
    rows all;
    for (;;) {
        SLUICE_TRY(auto page, stream.next(blocking_token::for_this_thread()));
        for (auto& row : page.rows) all.push_back(std::move(row));
        if (page.last) return all;
    }
}

result<rows> run(read_engine& engine, node_ptr plan) {
    query_request request;
    request.plan = std::move(plan);
    SLUICE_TRY(auto stream, engine.start(std::move(request)));
    return drain(*stream);
}

result<rows> run(node_ptr plan) {
    static auto const engine = small_engine();
    return run(*engine, std::move(plan));
}

rows ran(read_engine& engine, node_ptr plan) { return run(engine, std::move(plan)).value(); }
rows ran(node_ptr plan) { return run(std::move(plan)).value(); }

}  // namespace sluice::query::test
