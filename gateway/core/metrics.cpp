#include "gateway/core/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>
#include <set>

#include "gateway/core/assert.hpp"

namespace sluice {

void counter::add(double count) const noexcept { static_cast<prometheus::Counter*>(target_)->Increment(count); }

void gauge::set(double value) const noexcept { static_cast<prometheus::Gauge*>(target_)->Set(value); }

void gauge::add(double difference) const noexcept {
    static_cast<prometheus::Gauge*>(target_)->Increment(difference);
}

void histogram::observe(double value) const noexcept {
    static_cast<prometheus::Histogram*>(target_)->Observe(value);
}

class metrics::state {
public:
    explicit state(metrics_options options) : options_(options) {}

    // `labels`, or the shared series when this name has too many label sets already.
    metric_labels admitted(std::string const& name, metric_labels labels) {
        std::scoped_lock const lock{mutex_};
        auto& known = series_[name];
        if (known.contains(labels)) return labels;
        if (known.size() >= options_.series_max) {
            for (auto& [key, value] : labels) value = "other";
            return labels;
        }
        known.insert(labels);
        return labels;
    }

    void add_refresh(std::function<void()> refresh) {
        std::scoped_lock const lock{mutex_};
        refreshes_.push_back(std::move(refresh));
    }

    std::string exposition() {
        std::vector<std::function<void()>> refreshes;
        {
            std::scoped_lock const lock{mutex_};
            refreshes = refreshes_;
        }
        for (auto const& refresh : refreshes) refresh();
        return prometheus::TextSerializer{}.Serialize(registry.Collect());
    }

    prometheus::Registry registry;

private:
    metrics_options const options_;
    std::mutex mutex_;
    std::map<std::string, std::set<metric_labels>> series_;
    std::vector<std::function<void()>> refreshes_;
};

metrics::metrics(metrics_options options) : state_(std::make_unique<state>(options)) {}

metrics::~metrics() = default;

counter metrics::make_counter(std::string const& name, std::string const& help, metric_labels labels) {
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry);
    return counter{&family.Add(state_->admitted(name, std::move(labels)))};
}

gauge metrics::make_gauge(std::string const& name, std::string const& help, metric_labels labels) {
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry);
    return gauge{&family.Add(state_->admitted(name, std::move(labels)))};
}

histogram metrics::make_histogram(std::string const& name, std::string const& help, metric_labels labels,
                                  std::vector<double> bounds) {
    if (bounds.empty()) bounds = latency_bounds();
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry);
    return histogram{&family.Add(state_->admitted(name, std::move(labels)), bounds)};
}

void metrics::before_exposition(std::function<void()> refresh) { state_->add_refresh(std::move(refresh)); }

std::string metrics::exposition() const { return state_->exposition(); }

std::vector<double> metrics::latency_bounds() {
    return {0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10};
}

}  // namespace sluice
