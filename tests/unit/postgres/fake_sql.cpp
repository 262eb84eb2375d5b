#include "tests/unit/postgres/fake_sql.hpp"

#include <algorithm>
#include <charconv>

#include "gateway/core/cursor.hpp"
#include "gateway/core/encoding.hpp"
#include "gateway/core/timer.hpp"
#include "tests/unit/postgres/fake_portal.hpp"

namespace sluice::sql::fake {
namespace {

// Outside of quotes; settings keep their case.
std::string lowered(std::string_view text) {
    std::string out(text);
    bool quoted = out.starts_with("set ");
    for (char& c : out) {
        if (c == '\'') quoted = !quoted;
        if (!quoted && c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

}  // namespace

fake_session::fake_session(fake_options options, std::shared_ptr<session_log> log)
    : options_(std::move(options)), log_(std::move(log)), prepared_(options_.prepared) {
    settings_ = {{"application_name", ""},    {"client_encoding", "UTF8"},
                 {"DateStyle", "ISO, MDY"},   {"integer_datetimes", "on"},
                 {"server_version", "15.14"}, {"server_encoding", "UTF8"},
                 {"TimeZone", "UTC"},         {"standard_conforming_strings", "on"}};
}

fake_session::~fake_session() { log_->note("gone"); }

sql_result<std::vector<statement_text>> fake_session::split(std::string_view text) {
    if (text.starts_with("fail split")) return sql_error("42601", "syntax error").at(6);
    std::vector<statement_text> out;
    std::size_t at = 0;
    while (at < text.size()) {
        auto end = text.find(';', at);
        if (end == std::string_view::npos) end = text.size();
        auto const begin = text.find_first_not_of(" \n", at);
        if (begin < end)
            out.push_back(
                {lowered(text.substr(begin, end - begin)), static_cast<std::int32_t>(begin)});
        at = end + 1;
    }
    return out;
}

task<sql_result<statement_ptr>> fake_session::prepare(statement_text text,
                                                      std::vector<type_oid> types) {
    log_->note("prepare:" + text.text);
    if (status_ == transaction_status::failed && text.text != "rollback" && text.text != "commit")
        co_return sql_error("25P02",
                            "current transaction is aborted, commands ignored until end of "
                            "transaction block");
    if (text.text == "fail prepare") co_return sql_error("F0000", "failed at prepare").at(6);
    co_return analyse(text.text, types);
}

sql_result<std::unique_ptr<portal>> fake_session::bind(statement_ptr statement,
                                                       std::vector<datum> parameters) {
    log_->note("bind");
    if (statement->text == "fail bind") return sql_error("F0000", "failed at bind");
    if (status_ == transaction_status::idle) {
        implicit_ = true;
        status_ = transaction_status::in_transaction;
    }
    return std::unique_ptr<portal>(
        std::make_unique<fake_portal>(*this, std::move(statement), std::move(parameters)));
}

task<sql_result<std::unique_ptr<copy_transfer>>> fake_session::start_copy(portal& body) {
    auto& from = static_cast<fake_portal&>(body);
    if (from.text() == "copy fail in" || from.text() == "copy fail out")
        co_return sql_error("F0000", "failed at the start of the copy");
    co_return std::unique_ptr<copy_transfer>(
        std::make_unique<fake_copy>(*log_, from.text().find("binary") != std::string::npos));
}

void fake_session::end_transaction(char const* how) {
    log_->note(how);
    status_ = transaction_status::idle;
    implicit_ = failed_ = false;
    cursors_.clear();
    ++transactions_ended_;
}

task<sql_result<void>> fake_session::end_of_request() {
    log_->note("end");
    if (!implicit_) {
        failed_ = false;
        co_return sql_result<void>();
    }
    bool const fails = std::exchange(fail_end_, false) && !failed_;
    end_transaction(failed_ || fails ? "rolled back" : "committed");
    if (fails) co_return sql_error("F0000", "failed at commit");
    co_return sql_result<void>();
}

void fake_session::note_error() {
    log_->note("error");
    failed_ = true;
    if (!implicit_ && status_ == transaction_status::in_transaction)
        status_ = transaction_status::failed;
}

portal* fake_session::find_cursor(std::string_view name) {
    auto const found = cursors_.find(name);
    return found == cursors_.end() ? nullptr : found->second.get();
}

void fake_session::run_command(std::string const& text, std::string& tag) {
    auto const word = text.substr(0, text.find(' '));
    auto const rest = text.size() > word.size() ? text.substr(word.size() + 1) : "";
    tag = word;
    std::transform(tag.begin(), tag.end(), tag.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (word == "begin") {
        implicit_ = false;
        status_ = transaction_status::in_transaction;
    } else if (word == "commit" || word == "rollback") {
        bool const failed = status_ == transaction_status::failed || word == "rollback";
        if (failed) tag = "ROLLBACK";
        end_transaction(failed ? "rolled back" : "committed");
    } else if (word == "set") {
        auto const name = rest.substr(0, rest.find(' '));
        auto const value = rest.substr(rest.rfind(' ') + 1);
        settings_[name] = value;
        changed_.push_back({name, value});
    } else if (word == "notice") {
        session_notice notice;
        notice.severity = "NOTICE";
        notice.body = sql_error("00000", rest);
        notices_.push_back(std::move(notice));
    } else if (word == "declare") {
        cursors_[rest] = std::make_unique<fake_portal>(
            *this, analyse("select generate_series(1, 5)", {}), std::vector<datum>());
        tag = "DECLARE CURSOR";
    } else if (word == "close") {
        cursors_.erase(rest);
        tag = "CLOSE CURSOR";
    } else if (word == "deallocate") {
        prepared_.clear();
        tag = "DEALLOCATE ALL";
    } else if (word == "nothing") {
        tag = "NOTHING 7";
    }
}

sql_result<datum> fake_session::input_text(type_oid type, std::string_view text) {
    if (!is_integer(type)) return datum(std::string(text));
    std::int32_t value = 0;
    auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size())
        return sql_error("22P02",
                         "invalid input syntax for type integer: \"" + std::string(text) + "\"");
    return datum(std::int64_t{value});
}

sql_result<datum> fake_session::input_binary(type_oid type, std::string_view bytes) {
    if (!is_integer(type)) return datum(std::string(bytes));
    if (type == int2_oid && bytes.size() == 2)
        return datum(std::int64_t{load_big<std::int16_t>(bytes.data())});
    if (type == int8_oid && bytes.size() == 8) return datum(load_big<std::int64_t>(bytes.data()));
    if (type != int4_oid || bytes.size() != 4)
        return sql_error("22P03", "incorrect binary data format in bind parameter");
    return datum(std::int64_t{load_big<std::int32_t>(bytes.data())});
}

sql_result<void> fake_session::output_text(sql_type type, datum const& value, std::string& out) {
    if (auto const* number = std::get_if<std::int64_t>(&value))
        out += std::to_string(*number);
    else if (type.oid == bytea_oid)
        out += "\\x" + hex_encode(std::get<std::string>(value));
    else
        out += std::get<std::string>(value);
    return {};
}

sql_result<void> fake_session::output_binary(sql_type, datum const& value, std::string& out) {
    if (auto const* number = std::get_if<std::int64_t>(&value))
        byte_writer(out).big(static_cast<std::int32_t>(*number));
    else
        out += std::get<std::string>(value);
    return {};
}

std::int16_t fake_session::type_length(type_oid type) const {
    return type == int4_oid ? std::int16_t{4} : std::int16_t{-1};
}

sql_result<void> fake_session::set_at_startup(std::string_view name, std::string_view value) {
    if (name == "no_such_setting")
        return sql_error("42704", "unrecognized configuration parameter \"no_such_setting\"");
    {
        std::lock_guard const lock(log_->mutex);
        log_->startup_settings.emplace_back(name, value);
    }
    settings_[std::string(name)] = value;
    return {};
}

std::vector<parameter_status> fake_session::reported_settings() const {
    std::vector<parameter_status> out;
    for (auto const& [name, value] : settings_) out.push_back({name, value});
    return out;
}

std::vector<session_notice> fake_session::take_notices() { return std::exchange(notices_, {}); }

std::vector<parameter_status> fake_session::take_changed_settings() {
    return std::exchange(changed_, {});
}

task<sql_result<std::unique_ptr<sql_session>>> fake_service::make_session(auth::caller who,
                                                                          session_request what) {
    log_->note("session for " + who.name());
    if (what.database != options_.database)
        co_return sql_error("3D000", "database \"" + what.database + "\" does not exist");
    auto options = options_;
    options.prepared = what.prepared;
    co_return std::unique_ptr<sql_session>(std::make_unique<fake_session>(options, log_));
}

}  // namespace sluice::sql::fake
