// Registry: counters, gauges and histograms with labels, written as Prometheus text.
//
// Thread-safe, handles included. Handles are cheap to copy and stay valid while their Registry
// lives; asking again for the same name and labels gives the same series. Units stand in the name
// (…_seconds, …_bytes), counters end in _total. Names are ours, never a user's: a malformed one, or
// one name as two kinds, ends the program.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace kubediag::metrics {

using Labels = std::map<std::string, std::string>;

class Counter {
 public:
  void Add(double amount = 1);  // negative amounts are ignored: a counter never falls
  double value() const;

 private:
  friend class Registry;
  explicit Counter(prometheus::Counter* series) : series_(series) {}
  prometheus::Counter* series_;
};

class Gauge {
 public:
  void Set(double value);
  void Add(double amount);
  double value() const;

 private:
  friend class Registry;
  explicit Gauge(prometheus::Gauge* series) : series_(series) {}
  prometheus::Gauge* series_;
};

class Histogram {
 public:
  void Observe(double value);

 private:
  friend class Registry;
  explicit Histogram(prometheus::Histogram* series) : series_(series) {}
  prometheus::Histogram* series_;
};

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter MakeCounter(const std::string& name, const std::string& help,
                      const Labels& labels = {}) noexcept;
  Gauge MakeGauge(const std::string& name, const std::string& help,
                  const Labels& labels = {}) noexcept;

  // `bounds` are the upper ends of the buckets, rising; the first call for a name and labels
  // counts.
  Histogram MakeHistogram(const std::string& name, const std::string& help,
                          const std::vector<double>& bounds, const Labels& labels = {}) noexcept;

  // All series in the text format 0.0.4, which every Prometheus reads.
  std::string Text() const;

 private:
  std::unique_ptr<prometheus::Registry> registry_;
};

}  // namespace kubediag::metrics
