// Counters, gauges and histograms for the metrics page. Handles are made once, at wiring time or on first
// use of a label set, and kept: using one is an atomic add (a histogram takes a short lock of its own).
//
// Names follow Prometheus: sluice_<module>_<what>_<unit>[_total]. A name has one help text and one set of
// label keys. Label values never come unbounded from outside: beyond series_max per name, further label
// sets share one series whose label values are "other".
//
// Thread rule: any thread. Lifetime: the registry outlives its handles.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sluice {

using metric_labels = std::map<std::string, std::string>;

class counter {
public:
    void add(double count = 1) const noexcept;

private:
    friend class metrics;
    explicit counter(void* target) noexcept : target_(target) {}
    void* target_;
};

class gauge {
public:
    void set(double value) const noexcept;
    void add(double difference) const noexcept;

private:
    friend class metrics;
    explicit gauge(void* target) noexcept : target_(target) {}
    void* target_;
};

class histogram {
public:
    void observe(double value) const noexcept;

private:
    friend class metrics;
    explicit histogram(void* target) noexcept : target_(target) {}
    void* target_;
};

struct metrics_options {
    std::size_t series_max = 1000;  // limits.metrics_series per name
};

class metrics {
public:
    explicit metrics(metrics_options options = {});
    metrics(metrics const&) = delete;
    metrics& operator=(metrics const&) = delete;
    ~metrics();

    // The same name and labels give the same series.
    counter make_counter(std::string const& name, std::string const& help, metric_labels labels = {});
    gauge make_gauge(std::string const& name, std::string const& help, metric_labels labels = {});
    // `bounds` ascend; an empty list means latency_bounds().
    histogram make_histogram(std::string const& name, std::string const& help, metric_labels labels = {},
                             std::vector<double> bounds = {});

    // Runs at each exposition, before it is written: fills gauges from a module's own statistics. Must not
    // call back into this object except through handles. Registered at wiring time.
    void before_exposition(std::function<void()> refresh);

    // The text format 0.0.4 of Prometheus: what the metrics page answers.
    std::string exposition() const;
    static constexpr char const* exposition_type = "text/plain; version=0.0.4; charset=utf-8";

    // Seconds, 50 us to 10 s.
    static std::vector<double> latency_bounds();

private:
    class state;
    std::unique_ptr<state> state_;
};

}  // namespace sluice
