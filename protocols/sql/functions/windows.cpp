// Window functions: row numbers, ranks, neighbours, values of the frame.
#include "protocols/sql/functions/registry.hpp"

namespace sluice::sql {
namespace {

datum row_number(window_view& w, function_frame&) { return w.current() + 1; }
datum rank(window_view& w, function_frame&) { return w.peer_group_start(w.current()) + 1; }
datum dense_rank(window_view& w, function_frame&) {
    std::int64_t groups = 0;
    for (std::int64_t row = 0; row <= w.current(); row = w.peer_group_end(row)) ++groups;
    return groups;
}
datum percent_rank(window_view& w, function_frame&) {
    if (w.size() <= 1) return 0.0;
    return static_cast<double>(w.peer_group_start(w.current())) / static_cast<double>(w.size() - 1);
}
datum cumulative(window_view& w, function_frame&) {
    return static_cast<double>(w.peer_group_end(w.current())) / static_cast<double>(w.size());
}
datum buckets(window_view& w, function_frame& f) {
    auto const wanted = w.argument(0, w.current());
    if (wanted.has_error()) return f.fail(wanted.error());
    if (is_null(*wanted)) return sql_null{};
    auto const n = std::get<std::int64_t>(*wanted);
    if (n <= 0) return f.fail({"22014", "argument of ntile must be greater than zero"});
    auto const small = w.size() / n, larger = w.size() % n, row = w.current();
    if (row < larger * (small + 1)) return row / (small + 1) + 1;
    return larger + (row - larger * (small + 1)) / small + 1;
}
datum neighbour(window_view& w, function_frame& f, int direction) {
    std::int64_t offset = 1;
    if (f.types.size() > 1) {
        auto const given = w.argument(1, w.current());
        if (given.has_error()) return f.fail(given.error());
        if (is_null(*given)) return sql_null{};
        offset = std::get<std::int64_t>(*given);
    }
    auto const row = w.current() + direction * offset;
    if (row >= 0 && row < w.size()) return f.take(w.argument(0, row));
    if (f.types.size() > 2) return f.take(w.argument(2, w.current()));
    return sql_null{};
}
datum lag(window_view& w, function_frame& f) { return neighbour(w, f, -1); }
datum lead(window_view& w, function_frame& f) { return neighbour(w, f, 1); }
datum first(window_view& w, function_frame& f) {
    return w.frame_rows() == 0 ? datum() : f.take(w.argument(0, w.frame_row(0)));
}
datum last(window_view& w, function_frame& f) {
    return w.frame_rows() == 0 ? datum() : f.take(w.argument(0, w.frame_row(w.frame_rows() - 1)));
}
datum nth(window_view& w, function_frame& f) {
    auto const given = w.argument(1, w.current());
    if (given.has_error()) return f.fail(given.error());
    if (is_null(*given)) return sql_null{};
    auto const n = std::get<std::int64_t>(*given);
    if (n <= 0) return f.fail({"22016", "argument of nth_value must be greater than zero"});
    return n > w.frame_rows() ? datum() : f.take(w.argument(0, w.frame_row(n - 1)));
}

}  // namespace

void register_window_functions(function_registry& to) {
    to.windows({{"row_number", row_number},
                {"rank", rank},
                {"dense_rank", dense_rank},
                {"percent_rank", percent_rank},
                {"cume_dist", cumulative},
                {"ntile", buckets},
                {"lag", lag},
                {"lead", lead},
                {"first_value", first},
                {"last_value", last},
                {"nth_value", nth}});
}

}  // namespace sluice::sql
