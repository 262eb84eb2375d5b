// What SelectObjectContent runs with: its bounds, threads of its own to compute on, and the reader
// of Parquet. Thread rule: any thread. Lifetime: outlives every answer that it has a part in.
#pragma once

#include <atomic>
#include <chrono>

#include "backend/query/file_rows.hpp"
#include "gateway/core/blocking_pool.hpp"
#include "gateway/core/memory_allowance.hpp"
#include "protocols/sql/records/record_reader.hpp"
#include "protocols/sql/records/statement_lexer.hpp"

namespace sluice::s3 {

struct select_options {
    unsigned threads = 2;
    std::size_t queued_max = 1024;
    std::size_t running_max = 32;
    std::size_t parquet_running_max = 2;
    std::uint64_t parquet_memory_bytes = 256ULL << 20;
    std::chrono::nanoseconds time_max = std::chrono::hours(1);
    // A sign of life where nothing is found, and news of progress where it is asked for.
    std::chrono::nanoseconds keep_alive = std::chrono::seconds(10);
    std::chrono::nanoseconds progress = std::chrono::seconds(5);
    sql::records::statement_limits statement;
    sql::records::reader_limits reader;
};

class select_service {
public:
    // `memory`: what values may take together; null: only each by itself. `parquet` null: Parquet
    // is answered Busy.
    select_service(select_options options, memory_allowance* memory, query::file_reader* parquet)
        : options_(options), memory_(memory), parquet_(parquet),
          pool_({"select", options.threads, options.queued_max}) {}

    select_options const& options() const noexcept { return options_; }
    memory_allowance* memory() const noexcept { return memory_; }
    query::file_reader* parquet() const noexcept { return parquet_; }
    blocking_pool& pool() noexcept { return pool_; }

    // One running answer's place among the others; gives it back when it dies.
    class turn {
    public:
        turn(turn&& other) noexcept
            : of_(std::exchange(other.of_, nullptr)), is_parquet_(other.is_parquet_) {}
        turn& operator=(turn&&) = delete;
        ~turn() {
            if (of_ == nullptr) return;
            --of_->running_;
            if (is_parquet_) --of_->parquet_running_;
        }
        explicit operator bool() const noexcept { return of_ != nullptr; }

    private:
        friend class select_service;
        turn(select_service* of, bool is_parquet) : of_(of), is_parquet_(is_parquet) {}
        select_service* of_;
        bool is_parquet_;
    };
    // False in itself where there is no room.
    turn enter(bool is_parquet) noexcept {
        if (++running_ > options_.running_max) {
            --running_;
            return {nullptr, false};
        }
        if (is_parquet && ++parquet_running_ > options_.parquet_running_max) {
            --parquet_running_;
            --running_;
            return {nullptr, false};
        }
        return {this, is_parquet};
    }

private:
    select_options const options_;
    memory_allowance* const memory_;
    query::file_reader* const parquet_;
    std::atomic<std::size_t> running_ = 0;
    std::atomic<std::size_t> parquet_running_ = 0;
    blocking_pool pool_;
};

}  // namespace sluice::s3
