#include "engine/metrics/registry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace kubediag::metrics {

void Counter::Add(double amount) {
  if (amount > 0) series_->Increment(amount);
}

double Counter::value() const { return series_->Value(); }

void Gauge::Set(double value) { series_->Set(value); }

void Gauge::Add(double amount) { series_->Increment(amount); }

void Histogram::Observe(double value) { series_->Observe(value); }

double Gauge::value() const { return series_->Value(); }

Registry::Registry() : registry_(std::make_unique<prometheus::Registry>()) {}

Registry::~Registry() = default;

Counter Registry::MakeCounter(const std::string& name, const std::string& help,
                              const Labels& labels) noexcept {
  return Counter(
      &prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels));
}

Gauge Registry::MakeGauge(const std::string& name, const std::string& help,
                          const Labels& labels) noexcept {
  return Gauge(&prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels));
}

Histogram Registry::MakeHistogram(const std::string& name, const std::string& help,
                                  const std::vector<double>& bounds,
                                  const Labels& labels) noexcept {
  return Histogram(
      &prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, bounds));
}

std::string Registry::Text() const {
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

}  // namespace kubediag::metrics
