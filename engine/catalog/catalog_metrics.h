// The numbers of a catalog: operations and files in use, files refused by reason, scans.
// Not thread-safe; the series themselves are.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "engine/catalog/scanner.h"
#include "engine/metrics/registry.h"

namespace kubediag::catalog {

class CatalogMetrics {
 public:
  // Null: nothing is kept.
  explicit CatalogMetrics(metrics::Registry* registry);

  // After each scan.
  void Update(const Snapshot& snapshot);

 private:
  metrics::Registry* registry_;
  std::optional<metrics::Gauge> modules_;
  std::optional<metrics::Gauge> operations_;
  std::optional<metrics::Counter> scans_;
  std::map<std::string, metrics::Gauge> refused_;  // by reason; a reason once seen falls back to 0
};

}  // namespace kubediag::catalog
