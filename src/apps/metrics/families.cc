#include "apps/metrics/families.h"

#include <prometheus/text_serializer.h>

#include <limits>
#include <sstream>

namespace moldau::apps {

prometheus::ClientMetric& Families::add(const Name& name, prometheus::MetricType type,
                                        const Labels& labels) {
  if (families_.empty() || families_.back().name != name.name) {
    families_.push_back({.name = name.name, .help = name.help, .type = type, .metric = {}});
  }
  auto& metric = families_.back().metric.emplace_back();
  for (const auto& [label, value] : labels) metric.label.push_back({label, value});
  return metric;
}

void Families::counter(const Name& name, double value, const Labels& labels) {
  add(name, prometheus::MetricType::Counter, labels).counter.value = value;
}

void Families::gauge(const Name& name, double value, const Labels& labels) {
  add(name, prometheus::MetricType::Gauge, labels).gauge.value = value;
}

void Families::latency(const Name& name, std::span<const std::uint64_t> counts,
                       std::uint64_t sum_us, const Labels& labels) {
  auto& histogram = add(name, prometheus::MetricType::Histogram, labels).histogram;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    total += counts[i];
    const bool last = i + 1 == counts.size();
    const double bound = last ? std::numeric_limits<double>::infinity()
                              : static_cast<double>(std::uint64_t{1} << i) / 1e6;
    histogram.bucket.push_back({.cumulative_count = total, .upper_bound = bound});
  }
  histogram.sample_count = total;
  histogram.sample_sum = static_cast<double>(sum_us) / 1e6;
}

std::string Families::to_text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families_);
  return std::move(out).str();
}

}  // namespace moldau::apps
