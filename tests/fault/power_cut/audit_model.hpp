// What the audit log must hold: of every change that was acknowledged exactly the record that it
// brought, of a refused one none. Of a change whose answer was lost the record is there if the change
// is, where that can be told. Records are numbered as they are sent; no two are the same. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sluice::fault {

class audit_model {
public:
    // Whether one visible effect of a change is there; nullopt: what is there does not tell.
    using effect = std::function<std::optional<bool>()>;

    // A record of a change that is about to be sent, and its text. `what`: for people.
    std::uint64_t add(std::string what);
    std::string const& text(std::uint64_t record) const { return sent_[record].text; }

    void must_be_there(std::uint64_t record) { settle(record, fate::there); }
    void must_not_be_there(std::uint64_t record) { settle(record, fate::absent); }
    // The answer was lost: there exactly if each of the effects is. They are asked in compare(), when
    // the rest of the model is certain.
    void may_be_there(std::uint64_t record, std::vector<effect> effects);

    // What is wrong with a log that holds these; nothing: from now on it must stay as it is.
    std::optional<std::string> compare(std::vector<std::string> const& found);
    // The same for a backup made by then: it has the first `acknowledged_before` of those that must be
    // there, in the order of their answers, and no record that was sent later than it ended.
    std::size_t acknowledged() const noexcept { return acknowledged_.size(); }
    std::uint64_t sent() const noexcept { return sent_.size(); }
    std::optional<std::string> compare_backup(std::vector<std::string> const& found,
                                              std::size_t acknowledged_before,
                                              std::uint64_t sent_by_the_end) const;

private:
    enum class fate : std::uint8_t { unknown, there, absent };
    struct record {
        std::string text;
        fate known = fate::unknown;
        std::vector<effect> effects;
    };
    void settle(std::uint64_t record, fate);
    // Its number; nullopt: nobody sent it.
    std::optional<std::uint64_t> number_of(std::string const& text) const;

    std::vector<record> sent_;
    std::vector<std::uint64_t> acknowledged_;
};

}  // namespace sluice::fault
