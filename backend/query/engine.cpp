#include "backend/query/engine.hpp"

#include <filesystem>

#include "backend/query/admission.hpp"

namespace sluice::query {
namespace {

std::size_t bytes_of(value const& one) {
    if (auto const* text = std::get_if<std::string>(&one.held)) return sizeof one + text->size();
    if (auto const* list = std::get_if<value_list>(&one.held); list != nullptr && *list) {
        auto bytes = sizeof one;
        for (auto const& element : **list) bytes += bytes_of(element);
        return bytes;
    }
    return sizeof one;
}

class stream final : public result_stream {
public:
    stream(printed_plan plan, std::vector<value_type> columns, query_request const& request,
           std::uint64_t memory_bytes, admission& turns, engine_options const& options,
           wall_clock const& clock)
        : running_(std::move(plan), std::move(columns), request.deadline, clock),
          memory_bytes_(memory_bytes), turns_(turns), options_(options) {}
    ~stream() override { finish(); }

    std::vector<value_type> const& columns() const override { return running_.columns(); }

    result<result_page> next(blocking_token token) override {
        if (failed_) return *failed_;
        auto page = next_page(token);
        if (page.has_error()) failed_ = page.error();
        if (page.has_error() || page->last) finish();
        return page;
    }

    void cancel() override {
        running_.cancel();
        turns_.wake();
        std::lock_guard const lock{mutex_};
        if (instance_) instance_->interrupt();
    }

private:
    result<result_page> next_page(blocking_token token) {
        result_page page;
        page.last = ended_;
        if (ended_) return page;
        if (!instance_) {
            SLUICE_CHECK(begin(token));
        }
        std::size_t bytes = 0;
        for (std::size_t counted = 0; !page.last && page.rows.size() < options_.page_rows &&
                                      bytes < options_.page_bytes;) {
            SLUICE_TRY(bool const more, instance_->fetch(page.rows));
            page.last = !more;
            for (; counted < page.rows.size(); ++counted)
                for (auto const& cell : page.rows[counted]) bytes += bytes_of(cell);
        }
        return page;
    }

    result<void> begin(blocking_token token) {
        if (auto ended = running_.interruption()) return std::move(*ended);
        SLUICE_TRY(auto instance, turns_.enter(running_, memory_bytes_, token));
        {
            std::lock_guard const lock{mutex_};
            instance_ = std::move(instance);
        }
        return instance_->begin(running_, memory_bytes_);
    }

    void finish() {
        ended_ = true;
        std::unique_ptr<engine_instance> instance;
        {
            std::lock_guard const lock{mutex_};
            instance = std::move(instance_);
        }
        if (!instance) return;
        instance->end();
        turns_.leave(std::move(instance), memory_bytes_);
    }

    execution running_;
    std::uint64_t const memory_bytes_;
    admission& turns_;
    engine_options const& options_;
    std::mutex mutex_;  // of instance_, which cancel() looks at from another thread
    std::unique_ptr<engine_instance> instance_;
    std::optional<failure> failed_;
    bool ended_ = false;
};

class engine final : public read_engine {
public:
    engine(engine_options options, wall_clock const& clock)
        : options_(std::move(options)), clock_(clock),
          interactive_(options_.interactive, options_.spill_folder, clock),
          batch_(options_.batch, options_.spill_folder, clock) {}

    result<std::unique_ptr<result_stream>> start(query_request request) override {
        if (!request.plan) return failure{error::invalid_argument, "a query without a plan"};
        auto& turns = request.of == work_class::interactive ? interactive_ : batch_;
        auto const memory_bytes = request.memory_bytes != 0 ? request.memory_bytes
                                                            : turns.options().query_memory_bytes;
        if (memory_bytes > turns.options().memory_bytes)
            return failure{error::too_large, "the query asks for more memory than its class has"};
        SLUICE_CHECK(check_plan(*request.plan, options_.plans));
        SLUICE_TRY(auto printed, print_plan(*request.plan));
        return std::make_unique<stream>(std::move(printed), request.plan->columns, request,
                                        memory_bytes, turns, options_, clock_);
    }

private:
    engine_options const options_;
    wall_clock const& clock_;
    admission interactive_;
    admission batch_;
};

bool can_run(class_options const& options) {
    return options.running_max != 0 && options.query_memory_bytes != 0 &&
           options.query_memory_bytes <= options.memory_bytes;
}

}  // namespace

result<std::unique_ptr<read_engine>> make_engine(engine_options options, wall_clock const& clock) {
    if (!can_run(options.interactive) || !can_run(options.batch) || options.page_rows == 0)
        return failure{error::invalid_argument, "limits that no query can run with"};
    bool const spills = options.interactive.spill_bytes_max != 0 || options.batch.spill_bytes_max != 0;
    if (spills && options.spill_folder.empty())
        return failure{error::invalid_argument, "spilling needs a folder"};
    if (spills) {
        std::error_code failed;
        std::filesystem::remove_all(options.spill_folder, failed);
        if (!failed) std::filesystem::create_directories(options.spill_folder, failed);
        if (failed) return failure{error::io_failed, "the spill folder: " + failed.message()};
    }
    return std::make_unique<engine>(std::move(options), clock);
}

}  // namespace sluice::query
