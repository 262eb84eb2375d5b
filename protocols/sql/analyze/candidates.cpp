// Choosing among overloaded operators and functions: steps 2 to 6 of PostgreSQL's manual, 10.2
// and 10.3.
#include <algorithm>

#include "protocols/sql/analyze/coercion.hpp"
#include "protocols/sql/analyze/operators.hpp"

namespace sluice::sql {
namespace {

using list = std::vector<argument_list>;

// Keeps the candidates with the highest score.
template <class Score>
void keep_best(list& candidates, Score score) {
    std::vector<int> scores;
    for (auto const& each : candidates) scores.push_back(score(each));
    auto const best = *std::max_element(scores.begin(), scores.end());
    list kept;
    for (std::size_t i = 0; i < candidates.size(); ++i)
        if (scores[i] == best) kept.push_back(std::move(candidates[i]));
    candidates = std::move(kept);
}

// What an unknown argument should be, by the candidates' categories at its place.
struct slot {
    char category = '\0';
    bool has_preferred = false;
    bool undecided = false;
};

slot decide_slot(analysis_context const& context, list const& candidates, std::size_t place) {
    slot out;
    bool mixed = false, has_string = false;
    for (auto const& each : candidates) {
        auto const type = each.types[place];
        auto const category = context.category(type);
        bool const preferred = context.preferred(type);
        has_string |= category == 'S';
        if (out.category == '\0') {
            out.category = category;
            out.has_preferred = preferred;
        } else if (category == out.category) {
            out.has_preferred |= preferred;
        } else {
            mixed = true;
        }
    }
    if (!mixed) return out;
    if (!has_string) {
        out.undecided = true;
        return out;
    }
    out.category = 'S';
    out.has_preferred = false;
    for (auto const& each : candidates)
        out.has_preferred |=
            context.category(each.types[place]) == 'S' && context.preferred(each.types[place]);
    return out;
}

// Unknown literals: by the categories the candidates accept; false when some place stays open.
bool filter_by_slots(analysis_context const& context, std::vector<type_oid> const& actual,
                     list& candidates) {
    std::vector<slot> slots(actual.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
        if (!is_unknown(actual[i])) continue;
        slots[i] = decide_slot(context, candidates, i);
        if (slots[i].undecided) return false;
    }
    auto const fits = [&](argument_list const& each) {
        for (std::size_t i = 0; i < actual.size(); ++i) {
            if (!is_unknown(actual[i])) continue;
            auto const type = each.types[i];
            if (context.category(type) != slots[i].category) return false;
            if (slots[i].has_preferred && !context.preferred(type)) return false;
        }
        return true;
    };
    list kept;
    std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(kept), fits);
    if (!kept.empty()) candidates = std::move(kept);
    return true;
}

// Last resort: all known arguments have one type; unknown ones are taken for it too.
void assume_same_type(analysis_context const& context, std::vector<type_oid> const& actual,
                      list& candidates) {
    type_oid known{};
    for (auto const each : actual) {
        if (is_unknown(each)) continue;
        auto const base = context.base_of(each);
        if (known == type_oid{})
            known = base;
        else if (known != base)
            return;
    }
    if (known == type_oid{}) return;
    std::vector<type_oid> const assumed(actual.size(), known);
    list kept;
    for (auto const& each : candidates)
        if (can_coerce(context, assumed, each.types, coercion_context::implicit))
            kept.push_back(each);
    if (kept.size() == 1) candidates = std::move(kept);
}

}  // namespace

std::vector<argument_list> coercible_candidates(analysis_context const& context,
                                                std::vector<type_oid> const& actual,
                                                std::vector<argument_list> candidates) {
    std::erase_if(candidates, [&](argument_list const& each) {
        return each.types.size() != actual.size() ||
               !can_coerce(context, actual, each.types, coercion_context::implicit);
    });
    return candidates;
}

std::vector<argument_list> best_candidates(analysis_context const& context,
                                           std::vector<type_oid> const& actual,
                                           std::vector<argument_list> candidates) {
    if (candidates.size() <= 1) return candidates;
    // Domains are their base types from here on.
    std::vector<type_oid> bases;
    std::size_t unknowns = 0;
    for (auto const each : actual) {
        bases.push_back(is_unknown(each) ? each : context.base_of(each));
        unknowns += is_unknown(each) ? 1 : 0;
    }
    keep_best(candidates, [&](argument_list const& each) {
        int exact = 0;
        for (std::size_t i = 0; i < bases.size(); ++i)
            exact += !is_unknown(bases[i]) && each.types[i] == bases[i] ? 1 : 0;
        return exact;
    });
    if (candidates.size() == 1) return candidates;
    keep_best(candidates, [&](argument_list const& each) {
        int good = 0;
        for (std::size_t i = 0; i < bases.size(); ++i) {
            if (is_unknown(bases[i])) continue;
            good += each.types[i] == bases[i] ||
                            (context.category(each.types[i]) == context.category(bases[i]) &&
                             context.preferred(each.types[i]))
                        ? 1
                        : 0;
        }
        return good;
    });
    if (candidates.size() == 1 || unknowns == 0) return candidates;
    if (filter_by_slots(context, actual, candidates) && candidates.size() == 1) return candidates;
    if (unknowns < actual.size()) assume_same_type(context, actual, candidates);
    return candidates;
}

}  // namespace sluice::sql
