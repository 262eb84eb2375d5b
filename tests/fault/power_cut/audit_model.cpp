#include "tests/fault/power_cut/audit_model.hpp"

#include <charconv>

namespace sluice::fault {

std::uint64_t audit_model::add(std::string what) {
    record made;
    made.text = std::to_string(sent_.size()) + " " + std::move(what);
    sent_.push_back(std::move(made));
    return sent_.size() - 1;
}

void audit_model::settle(std::uint64_t record, fate known) {
    auto& one = sent_[record];
    if (known == fate::there && one.known != fate::there) acknowledged_.push_back(record);
    one.known = known;
    one.effects.clear();
}

void audit_model::may_be_there(std::uint64_t record, std::vector<effect> effects) {
    sent_[record].effects = std::move(effects);
}

std::optional<std::uint64_t> audit_model::number_of(std::string const& text) const {
    std::uint64_t number = 0;
    auto const [end, problem] =
        std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc{} || number >= sent_.size() || sent_[number].text != text)
        return std::nullopt;
    return number;
}

std::optional<std::string> audit_model::compare(std::vector<std::string> const& found) {
    std::vector<int> times(sent_.size(), 0);
    for (auto const& text : found) {
        auto const number = number_of(text);
        if (!number) return "the audit log holds what was never sent: " + text;
        if (++times[*number] > 1) return "the audit log holds a record twice: " + text;
    }
    for (std::uint64_t i = 0; i < sent_.size(); ++i) {
        auto const& one = sent_[i];
        bool const is_there = times[i] != 0;
        if (one.known == fate::there && !is_there)
            return "the audit record of an acknowledged change is lost: " + one.text;
        if (one.known == fate::absent && is_there)
            return "a change that was refused or lost has an audit record: " + one.text;
        for (auto const& effect : one.effects) {
            auto const happened = effect();
            if (happened && *happened != is_there)
                return std::string("of one change only the ") +
                       (is_there ? "audit record" : "change") + " is there: " + one.text;
        }
        settle(i, is_there ? fate::there : fate::absent);
    }
    return std::nullopt;
}

std::optional<std::string> audit_model::compare_backup(std::vector<std::string> const& found,
                                                       std::size_t acknowledged_before,
                                                       std::uint64_t sent_by_the_end) const {
    std::vector<bool> there(sent_.size(), false);
    for (auto const& text : found) {
        auto const number = number_of(text);
        if (!number || *number >= sent_by_the_end)
            return "a backup holds an audit record from behind its end: " + text;
        if (there[*number]) return "a backup holds an audit record twice: " + text;
        if (sent_[*number].known == fate::absent)
            return "a backup holds an audit record of a refused change: " + text;
        there[*number] = true;
    }
    for (std::size_t i = 0; i < acknowledged_before; ++i)
        if (!there[acknowledged_[i]])
            return "a backup lacks the audit record of a change that was acknowledged before: " +
                   sent_[acknowledged_[i]].text;
    return std::nullopt;
}

}  // namespace sluice::fault
