// A regular expression over topic names, in RE2's syntax, which takes time linear in the name
// (KIP-848, SubscribedTopicRegex). The whole name must match. RE2 lives in this .cpp only.
// Thread rule: any.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/core/result.hpp"

namespace sluice::kafka {

class topic_pattern {
public:
    // invalid_argument: the text says why. too_large: longer than `bytes_most`, or more than one
    // program may take.
    static result<topic_pattern> compile(std::string const& text, std::size_t bytes_most);
    topic_pattern(topic_pattern&&) noexcept;
    topic_pattern& operator=(topic_pattern&&) noexcept;
    ~topic_pattern();

    bool matches(std::string_view name) const;

private:
    struct program;
    explicit topic_pattern(std::unique_ptr<program>);
    std::unique_ptr<program> program_;
};

}  // namespace sluice::kafka
