// Types, functions, operators and what goes with them: the built-in rows, and ours behind them.
#include "protocols/sql/catalog/relations/row_maker.hpp"
#include "protocols/sql/types/type_oids.hpp"

namespace sluice::sql {
namespace {

void put_type(row_maker& rows, type_row const& row, object_oid owner, std::string_view standard) {
    rows.row()
        .oid("oid", row.oid)
        .text("typname", row.name)
        .oid("typnamespace", row.schema)
        .oid("typowner", owner)
        .number("typlen", row.length)
        .flag("typbyval", row.by_value)
        .letter("typtype", row.kind)
        .letter("typcategory", row.category)
        .flag("typispreferred", row.preferred)
        .flag("typisdefined", row.defined)
        .letter("typdelim", row.delimiter)
        .oid("typrelid", row.relation)
        .function("typsubscript", row.subscript)
        .oid("typelem", row.element)
        .oid("typarray", row.array)
        .function("typinput", row.input)
        .function("typoutput", row.output)
        .function("typreceive", row.receive)
        .function("typsend", row.send)
        .function("typmodin", row.modifier_in)
        .function("typmodout", row.modifier_out)
        .function("typanalyze", row.analyze)
        .letter("typalign", row.alignment)
        .letter("typstorage", row.storage)
        .flag("typnotnull", row.not_null)
        .oid("typbasetype", row.base)
        .number("typtypmod", row.base_modifier)
        .number("typndims", row.dimensions)
        .oid("typcollation", row.collation)
        .maybe("typdefault", standard);
}

void put_proc(row_maker& rows, proc_row const& row, object_oid owner) {
    rows.row()
        .oid("oid", row.oid)
        .text("proname", row.name)
        .oid("pronamespace", row.schema)
        .oid("proowner", owner)
        .oid("prolang", row.language)
        .set("procost", double{row.cost})
        .set("prorows", double{row.rows})
        .oid("provariadic", row.variadic)
        .letter("prokind", row.kind)
        .flag("prosecdef", row.security_definer)
        .flag("proleakproof", row.leakproof)
        .flag("proisstrict", row.strict)
        .flag("proretset", row.returns_set)
        .letter("provolatile", row.volatility)
        .letter("proparallel", row.parallel)
        .number("pronargs", row.argument_count)
        .number("pronargdefaults", row.default_count)
        .oid("prorettype", row.result)
        .set("proargtypes", number_array(row.arguments, oid::oid, 0))
        .text("prosrc", row.source);
    if (!row.all_arguments.empty())
        rows.set("proallargtypes", number_array(row.all_arguments, oid::oid, 1));
    if (!row.modes.empty()) {
        std::vector<std::string> modes;
        for (char const mode : row.modes) modes.emplace_back(1, mode);
        rows.set("proargmodes", text_array(modes, oid::internal_char));
    }
    if (!row.names.empty()) rows.set("proargnames", text_array(row.names, oid::text));
}

}  // namespace

void fill_pg_type(row_maker& rows) {
    for (auto const& row : builtin::types()) put_type(rows, row, bootstrap_role, {});
    for (auto const& [oid, each] : rows.catalog().contents().types)
        put_type(rows, each->row, each->owner,
                 each->default_text ? std::string_view(*each->default_text) : std::string_view());
}

void fill_pg_enum(row_maker& rows) {
    for (auto const& [oid, each] : rows.catalog().contents().types)
        for (std::size_t i = 0; i < each->labels.size(); ++i)
            rows.row()
                .oid("oid", i < each->label_oids.size() ? each->label_oids[i] : object_oid{})
                .oid("enumtypid", oid)
                .set("enumsortorder", i < each->label_order.size() ? double{each->label_order[i]}
                                                                   : static_cast<double>(i + 1))
                .text("enumlabel", each->labels[i]);
}

void fill_pg_range(row_maker& rows) {
    for (auto const& row : builtin::ranges())
        rows.row()
            .oid("rngtypid", row.type)
            .oid("rngsubtype", row.subtype)
            .oid("rngmultitypid", row.multirange)
            .oid("rngcollation", row.collation)
            .oid("rngsubopc", row.opclass);
}

void fill_pg_cast(row_maker& rows) {
    for (auto const& row : builtin::casts())
        rows.row()
            .oid("oid", row.oid)
            .oid("castsource", row.source)
            .oid("casttarget", row.target)
            .oid("castfunc", row.function)
            .letter("castcontext", row.context)
            .letter("castmethod", row.method);
}

void fill_pg_proc(row_maker& rows) {
    for (auto const& row : builtin::procs()) put_proc(rows, row, bootstrap_role);
    for (auto const& [oid, each] : rows.catalog().contents().functions)
        put_proc(rows, each->row, each->owner);
}

void fill_pg_operator(row_maker& rows) {
    for (auto const& row : builtin::operators())
        rows.row()
            .oid("oid", row.oid)
            .text("oprname", row.name)
            .oid("oprnamespace", row.schema)
            .oid("oprowner", bootstrap_role)
            .letter("oprkind", row.kind)
            .flag("oprcanmerge", row.can_merge)
            .flag("oprcanhash", row.can_hash)
            .oid("oprleft", row.left)
            .oid("oprright", row.right)
            .oid("oprresult", row.result)
            .oid("oprcom", row.commutator)
            .oid("oprnegate", row.negator)
            .oid("oprcode", row.function)
            .function("oprrest", row.restriction)
            .function("oprjoin", row.join);
}

void fill_pg_aggregate(row_maker& rows) {
    for (auto const& row : builtin::aggregates()) {
        rows.row()
            .oid("aggfnoid", row.function)
            .letter("aggkind", row.kind)
            .number("aggnumdirectargs", row.direct_arguments)
            .function("aggtransfn", row.transition)
            .function("aggfinalfn", row.final)
            .letter("aggfinalmodify", 'r')
            .letter("aggmfinalmodify", 'r')
            .oid("aggtranstype", row.state_type);
        if (row.has_initial) rows.text("agginitval", row.initial);
    }
}

void fill_pg_am(row_maker& rows) {
    for (auto const& row : builtin::access_methods())
        rows.row()
            .oid("oid", row.oid)
            .text("amname", row.name)
            .function("amhandler", row.handler)
            .letter("amtype", row.kind);
}

void fill_pg_opclass(row_maker& rows) {
    for (auto const& row : builtin::opclasses())
        rows.row()
            .oid("oid", row.oid)
            .oid("opcmethod", row.method)
            .text("opcname", row.name)
            .oid("opcnamespace", row.schema)
            .oid("opcowner", bootstrap_role)
            .oid("opcfamily", row.family)
            .oid("opcintype", row.input_type)
            .flag("opcdefault", row.is_default)
            .oid("opckeytype", row.key_type);
}

void fill_pg_opfamily(row_maker& rows) {
    for (auto const& row : builtin::opfamilies())
        rows.row()
            .oid("oid", row.oid)
            .oid("opfmethod", row.method)
            .text("opfname", row.name)
            .oid("opfnamespace", row.schema)
            .oid("opfowner", bootstrap_role);
}

void fill_pg_amop(row_maker& rows) {
    for (auto const& row : builtin::amops())
        rows.row()
            .oid("oid", row.oid)
            .oid("amopfamily", row.family)
            .oid("amoplefttype", row.left)
            .oid("amoprighttype", row.right)
            .number("amopstrategy", row.strategy)
            .letter("amoppurpose", row.purpose)
            .oid("amopopr", row.operator_oid)
            .oid("amopmethod", row.method)
            .oid("amopsortfamily", row.sort_family);
}

void fill_pg_amproc(row_maker& rows) {
    for (auto const& row : builtin::amprocs())
        rows.row()
            .oid("oid", row.oid)
            .oid("amprocfamily", row.family)
            .oid("amproclefttype", row.left)
            .oid("amprocrighttype", row.right)
            .number("amprocnum", row.number)
            .function("amproc", row.function);
}

void fill_pg_language(row_maker& rows) {
    for (auto const& row : builtin::languages())
        rows.row()
            .oid("oid", row.oid)
            .text("lanname", row.name)
            .oid("lanowner", bootstrap_role)
            .flag("lanispl", row.is_pl)
            .flag("lanpltrusted", row.trusted);
}

void fill_pg_collation(row_maker& rows) {
    for (auto const& row : builtin::collations()) {
        rows.row()
            .oid("oid", row.oid)
            .text("collname", row.name)
            .oid("collnamespace", row.schema)
            .oid("collowner", bootstrap_role)
            .letter("collprovider", row.provider)
            .flag("collisdeterministic", row.deterministic)
            .number("collencoding", row.encoding);
        if (row.has_locale) rows.text("collcollate", row.collate).text("collctype", row.ctype);
    }
}

}  // namespace sluice::sql
