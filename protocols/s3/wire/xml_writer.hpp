// Writes S3's XML answers: elements only (no attributes but xmlns and xsi:type), everything escaped. Characters
// that XML 1.0 cannot hold become numeric references, as S3 writes them; clients that need them ask
// for encoding-type=url. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::s3 {

class xml_writer {
public:
    // With the declaration, and the root element in S3's namespace.
    explicit xml_writer(std::string_view root);
    // For the Error document, which has no namespace.
    static xml_writer plain(std::string_view root);
    // For the documents of other services.
    static xml_writer in_name_space(std::string_view root, std::string_view name_space);

    // Names must outlive the writer: they are literals.
    xml_writer& open(std::string_view name);
    // With an xsi:type, which tells the kinds of grantees apart.
    xml_writer& open_typed(std::string_view name, std::string_view type);
    xml_writer& close();
    xml_writer& element(std::string_view name, std::string_view text);
    xml_writer& element(std::string_view name, std::uint64_t number);
    xml_writer& element(std::string_view name, bool value);
    xml_writer& element(std::string_view name, char const* text) {
        return element(name, std::string_view(text));
    }
    xml_writer& element(std::string_view name, std::uint32_t number) {
        return element(name, std::uint64_t{number});
    }

    // Text of the element that is open.
    xml_writer& text(std::string_view text);

    std::size_t size() const noexcept { return out_.size(); }
    // Closes what is open. The writer is spent afterwards.
    std::string finish() &&;

private:
    xml_writer() = default;
    void append_escaped(std::string_view text);

    std::string out_;
    std::vector<std::string_view> open_;
};

}  // namespace sluice::s3
