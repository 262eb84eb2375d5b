#include "protocols/sql/execute/copy_options.hpp"

#include <optional>
#include <set>

#include "protocols/sql/types/text_tools.hpp"

namespace sluice::sql {
namespace {

using option_kind = utility::option::kind;

// What may be given only with another format or direction is looked at when all options are known.
class option_reader {
public:
    explicit option_reader(bool from) : from_(from) {}

    sql_result<copy_options> read(std::vector<utility::option> const& given) {
        for (auto const& each : given) {
            if (!seen_.insert(each.name).second)
                return sql_error("42601", "conflicting or redundant options").at(each.position);
            auto const taken = take(each);
            if (taken.has_error()) return taken.error();
        }
        out_.delimiter = delimiter_ && delimiter_->size() == 1 ? delimiter_->front()
                                                               : (out_.csv ? ',' : '\t');
        out_.null_text = null_.value_or(out_.csv ? "" : "\\N");
        out_.quote = quote_ && !quote_->empty() ? quote_->front() : '"';
        out_.escape = escape_ && !escape_->empty() ? escape_->front() : out_.quote;
        for (auto const check : {&option_reader::check_binary, &option_reader::check_separators,
                                 &option_reader::check_csv, &option_reader::check_null}) {
            auto const fits = (this->*check)();
            if (fits.has_error()) return fits.error();
        }
        return std::move(out_);
    }

private:
    sql_result<void> take(utility::option const& each) {
        if (each.name == "format") return take_format(each);
        if (each.name == "header") return take_header(each);
        if (each.name == "encoding") return take_encoding(each);
        if (each.name == "freeze") return take_freeze(each);
        if (each.name == "delimiter") return void(delimiter_ = each.text), sql_result<void>();
        if (each.name == "null") return void(null_ = each.text), sql_result<void>();
        if (each.name == "quote") return void(quote_ = each.text), sql_result<void>();
        if (each.name == "escape") return void(escape_ = each.text), sql_result<void>();
        if (each.name == "force_quote") {
            out_.force_quote_all = each.what == option_kind::star;
            if (out_.force_quote_all) return {};
            return take_names(each, out_.force_quote);
        }
        if (each.name == "force_not_null") return take_names(each, out_.force_not_null);
        if (each.name == "force_null") return take_names(each, out_.force_null);
        return sql_error("42601", "option \"" + each.name + "\" not recognized").at(each.position);
    }

    sql_result<void> take_format(utility::option const& each) {
        out_.csv = each.text == "csv";
        out_.binary = each.text == "binary";
        if (out_.csv || out_.binary || each.text == "text") return {};
        return sql_error("22023", "COPY format \"" + each.text + "\" not recognized")
            .at(each.position);
    }

    sql_result<void> take_header(utility::option const& each) {
        auto const word = ascii_lower(each.text);
        bool const number = each.what == option_kind::integer;
        if (each.what == option_kind::none || word == "true" || word == "on" ||
            (number && each.number == 1) || (each.what == option_kind::boolean && each.number == 1)) {
            out_.header = true;
        } else if (word == "match") {
            if (!from_) return sql_error("0A000", "cannot use \"match\" with HEADER in COPY TO");
            out_.header = out_.header_match = true;
        } else if (word != "false" && word != "off" && !(number && each.number == 0) &&
                   each.what != option_kind::boolean) {
            return sql_error("42601", "header requires a Boolean value or \"match\"");
        }
        return {};
    }

    sql_result<void> take_encoding(utility::option const& each) {
        auto const name = ascii_lower(each.text);
        if (name == "utf8" || name == "utf-8" || name == "unicode") return {};
        return sql_error("0A000", "COPY encoding \"" + each.text + "\" is not served")
            .with_hint("Encodings other than UTF8 are not served.");
    }

    sql_result<void> take_freeze(utility::option const& each) {
        auto const word = ascii_lower(each.text);
        bool const off = word == "false" || word == "off" ||
                         (each.what != option_kind::none && word.empty() && each.number == 0) ||
                         (each.what == option_kind::integer && each.number == 0);
        out_.freeze = !off;
        return {};
    }

    static sql_result<void> take_names(utility::option const& each,
                                       std::vector<std::string>& into) {
        if (each.what != option_kind::list)
            return sql_error("22023", "argument to option \"" + each.name +
                                          "\" must be a list of column names")
                .at(each.position);
        into = each.words;
        return {};
    }

    sql_result<void> check_binary() {
        if (!out_.binary) return {};
        if (delimiter_) return sql_error("42601", "cannot specify DELIMITER in BINARY mode");
        if (null_) return sql_error("42601", "cannot specify NULL in BINARY mode");
        if (out_.header) return sql_error("0A000", "cannot specify HEADER in BINARY mode");
        return {};
    }

    sql_result<void> check_separators() {
        if (delimiter_ && delimiter_->size() != 1)
            return sql_error("0A000", "COPY delimiter must be a single one-byte character");
        if (out_.delimiter == '\n' || out_.delimiter == '\r')
            return sql_error("22023", "COPY delimiter cannot be newline or carriage return");
        if (out_.null_text.find_first_of("\r\n") != std::string::npos)
            return sql_error("22023",
                             "COPY null representation cannot use newline or carriage return");
        // These would be taken for escapes.
        constexpr std::string_view taken = "\\.abcdefghijklmnopqrstuvwxyz0123456789";
        if (!out_.csv && taken.find(out_.delimiter) != std::string_view::npos)
            return sql_error("22023",
                             std::string("COPY delimiter cannot be \"") + out_.delimiter + '"');
        return {};
    }

    sql_result<void> check_csv() {
        struct row {
            bool given, from_only, to_only;
            char const* name;
        };
        if (!out_.csv && quote_) return csv_only("quote");
        if (out_.csv && quote_ && quote_->size() != 1)
            return sql_error("0A000", "COPY quote must be a single one-byte character");
        if (out_.csv && out_.delimiter == out_.quote)
            return sql_error("22023", "COPY delimiter and quote must be different");
        if (!out_.csv && escape_) return csv_only("escape");
        if (out_.csv && escape_ && escape_->size() != 1)
            return sql_error("0A000", "COPY escape must be a single one-byte character");
        row const forces[] = {
            {out_.force_quote_all || !out_.force_quote.empty(), false, true, "force quote"},
            {!out_.force_not_null.empty(), true, false, "force not null"},
            {!out_.force_null.empty(), true, false, "force null"}};
        for (auto const& each : forces) {
            if (!each.given) continue;
            if (!out_.csv) return csv_only(each.name);
            if (from_ ? each.to_only : each.from_only)
                return sql_error("0A000", std::string("COPY ") + each.name +
                                              " only available using COPY " +
                                              (each.to_only ? "TO" : "FROM"));
        }
        return {};
    }

    sql_result<void> check_null() {
        if (out_.null_text.find(out_.delimiter) != std::string::npos)
            return sql_error("0A000", "COPY delimiter must not appear in the NULL specification");
        if (out_.csv && out_.null_text.find(out_.quote) != std::string::npos)
            return sql_error("0A000",
                             "CSV quote character must not appear in the NULL specification");
        return {};
    }

    static sql_error csv_only(char const* what) {
        return {"0A000", std::string("COPY ") + what + " available only in CSV mode"};
    }

    bool from_;
    copy_options out_;
    std::set<std::string> seen_;
    std::optional<std::string> delimiter_, null_, quote_, escape_;
};

}  // namespace

sql_result<copy_options> copy_options_of(utility::copy const& what) {
    return option_reader(what.from).read(what.options);
}

}  // namespace sluice::sql
