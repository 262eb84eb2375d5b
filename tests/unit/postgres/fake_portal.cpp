#include "tests/unit/postgres/fake_portal.hpp"

#include <charconv>

#include "gateway/core/timer.hpp"

namespace sluice::sql::fake {
namespace {

std::int64_t number_in(std::string_view text) {
    auto const at = text.find_last_of(" ,");
    std::int64_t value = 0;
    auto const digits = text.substr(at + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

std::vector<std::string> items_of(std::string_view list) {
    std::vector<std::string> out;
    while (!list.empty()) {
        auto const comma = std::min(list.find(','), list.size());
        auto item = list.substr(0, comma);
        while (item.starts_with(' ')) item.remove_prefix(1);
        out.emplace_back(item);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return out;
}

result_column column_of(std::string name, type_oid type) {
    result_column out;
    out.name = std::move(name);
    out.type.oid = type;
    return out;
}

void add_item(analysed_statement& to, std::string const& item, std::vector<type_oid> const& given) {
    auto const as = item.find(" as ");
    auto const name = as == std::string::npos ? "?column?" : item.substr(as + 4);
    type_oid type = item.starts_with('\'') ? text_oid : int4_oid;
    if (item.starts_with('$')) {
        auto const number = static_cast<std::size_t>(item[1] - '0');
        if (item.find("::text") != std::string::npos) type = text_oid;
        if (item.find("::bytea") != std::string::npos) type = bytea_oid;
        if (to.parameters.size() < number) to.parameters.resize(number);
        bool const typed = given.size() >= number && given[number - 1] != type_oid{};
        to.parameters[number - 1].oid = typed ? given[number - 1] : type;
        bool const cast = item.find("::") != std::string::npos;
        if (!cast) type = to.parameters[number - 1].oid;
    }
    to.columns.push_back(column_of(name, type));
}

}  // namespace

statement_ptr analyse(std::string const& text, std::vector<type_oid> const& given) {
    auto out = std::make_shared<analysed_statement>();
    out->text = text;
    if (!text.starts_with("select")) out->body = utility_ptr();
    if (text.starts_with("select generate_series") || text.starts_with("fail row") ||
        text.starts_with("insert returning"))
        out->columns.push_back(column_of("n", int4_oid));
    else if (text.starts_with("show "))
        out->columns.push_back(column_of(text.substr(5), text_oid));
    else if (text == "fail fetch" || text == "wait")
        out->columns.push_back(column_of("?column?", int4_oid));
    else if (text.starts_with("select "))
        for (auto const& item : items_of(text.substr(7))) add_item(*out, item, given);
    return out;
}

fake_portal::fake_portal(fake_session& session, statement_ptr statement,
                         std::vector<datum> parameters)
    : session_(session), statement_(std::move(statement)), parameters_(std::move(parameters)) {
    auto const& text = statement_->text;
    if (text.starts_with("select generate_series"))
        last_ = number_in(text.substr(0, text.find(')')));
    if (text.starts_with("insert returning")) {
        last_ = number_in(text);
        tag_word_ = "INSERT 0";
    }
    if (text.starts_with("fail row")) {
        fails_at_ = number_in(text);
        last_ = fails_at_;
    }
}

portal::copy_direction fake_portal::copies() const {
    if (text().find("from stdin") != std::string::npos || text() == "copy fail in")
        return copy_direction::in;
    if (text().find("to stdout") != std::string::npos || text() == "copy fail out")
        return copy_direction::out;
    return copy_direction::none;
}

std::vector<datum> fake_portal::constant_row() const {
    std::vector<datum> out;
    if (text().starts_with("show ")) {
        auto const found = session_.settings_.find(text().substr(5));
        out.emplace_back(found == session_.settings_.end() ? "" : found->second);
        return out;
    }
    for (auto const& item : items_of(text().substr(7))) {
        if (item.starts_with('$'))
            out.push_back(parameters_[static_cast<std::size_t>(item[1] - '1')]);
        else if (item.starts_with('\''))
            out.emplace_back(item.substr(1, item.find('\'', 1) - 1));
        else if (item == "null")
            out.emplace_back(sql_null{});
        else
            out.emplace_back(number_in(item.substr(0, item.find(" as "))));
    }
    return out;
}

task<sql_result<row_page>> fake_portal::wait_for_cancel() {
    while (!session_.cancelled_) {
        auto const waited = co_await wait_for(std::chrono::milliseconds(1));
        if (waited.has_error()) co_return sql_error("57P01", "stopped while waiting");
    }
    session_.cancelled_ = false;
    co_return sql_error("57014", "canceling statement due to user request");
}

task<sql_result<row_page>> fake_portal::fetch(std::uint64_t max_rows) {
    session_.log_->note("fetch:" + std::to_string(max_rows));
    if (text() == "wait") co_return co_await wait_for_cancel();
    if (text() == "fail fetch") co_return sql_error("F0000", "failed at fetch");
    row_page page;
    if (columns().empty()) {
        page.last = true;
        if (text() == "fail end") session_.fail_end_ = true;
        session_.run_command(text(), page.command_tag);
        co_return page;
    }
    if (last_ == 0 && !text().starts_with("select generate_series")) {
        page.rows.push_back(constant_row());
        page.last = true;
        page.command_tag = text().starts_with("show") ? "SHOW" : "SELECT 1";
        co_return page;
    }
    auto const most = max_rows == 0
                          ? session_.options_.page_rows
                          : std::min<std::uint64_t>(max_rows, session_.options_.page_rows);
    while (page.rows.size() < most && next_ <= last_) {
        if (fails_at_ == next_) {
            if (!page.rows.empty()) co_return page;
            co_return sql_error("F0000", "failed at a row");
        }
        page.rows.push_back({datum(next_++)});
    }
    page.last = next_ > last_;
    if (page.last) page.command_tag = tag_word_ + " " + std::to_string(last_);
    co_return page;
}

copy_format fake_copy::format() const {
    copy_format out;
    out.what = binary_ ? copy_format::kind::binary : copy_format::kind::text;
    out.columns = 2;
    return out;
}

task<sql_result<void>> fake_copy::write(std::string_view data) {
    if (data.find("bad") != std::string_view::npos) {
        auto error = sql_error("22P04", "bad copy data");
        error.where = "COPY t, line 1";
        co_return error;
    }
    std::lock_guard const lock(log_.mutex);
    log_.copied += data;
    co_return sql_result<void>();
}

task<sql_result<std::string>> fake_copy::finish() {
    log_.note("copy done");
    co_return "COPY 3";
}

task<sql_result<void>> fake_copy::fail(std::string_view reason) {
    log_.note("copy failed: " + std::string(reason));
    co_return sql_result<void>();
}

task<sql_result<copy_chunk>> fake_copy::read() {
    copy_chunk out;
    if (++chunks_ == 1) {
        out.bytes = "1\tone\n2\ttwo\n";
        out.ends = {6, 12};
    } else if (chunks_ == 2) {
        out.bytes = "3\tthree\n";
        out.ends = {8};
    }
    co_return out;
}

}  // namespace sluice::sql::fake
