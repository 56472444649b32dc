#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace moldau::apps {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Collects samples into Prometheus families. A family is begun by its first sample; later ones of
/// the same name, which must follow it directly, join it.
class Families {
 public:
  struct Name {
    std::string name;
    std::string help;
  };

  void counter(const Name& name, double value, const Labels& labels = {});
  void gauge(const Name& name, double value, const Labels& labels = {});
  /// `counts[i]` values were below `2^i` microseconds and not below half of that; the last bucket
  /// also holds everything above. Exposed in seconds.
  void latency(const Name& name, std::span<const std::uint64_t> counts, std::uint64_t sum_us,
               const Labels& labels = {});

  const std::vector<prometheus::MetricFamily>& families() const { return families_; }
  /// Prometheus's text format, version 0.0.4.
  std::string to_text() const;

 private:
  prometheus::ClientMetric& add(const Name& name, prometheus::MetricType type,
                                const Labels& labels);
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace moldau::apps
