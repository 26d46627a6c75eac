#include "engine/catalog/catalog_metrics.h"

#include <set>

namespace kubediag::catalog {

CatalogMetrics::CatalogMetrics(metrics::Registry* registry) : registry_(registry) {
  if (registry_ == nullptr) return;
  modules_ = registry_->MakeGauge("kubediag_catalog_modules", "Module files in use.");
  operations_ = registry_->MakeGauge("kubediag_catalog_operations", "Operations in use.");
  scans_ = registry_->MakeCounter("kubediag_catalog_scans_total", "Scans of operations folders.");
}

void CatalogMetrics::Update(const Snapshot& snapshot) {
  if (registry_ == nullptr) return;
  std::set<std::string> files;
  for (const auto& [name, entry] : snapshot.entries) files.insert(entry.file);
  modules_->Set(static_cast<double>(files.size()));
  operations_->Set(static_cast<double>(snapshot.entries.size()));
  scans_->Add();
  for (auto& [reason, gauge] : refused_) gauge.Set(0);
  for (const auto& [file, refusal] : snapshot.refusals) {
    auto gauge = refused_.find(refusal.reason);
    if (gauge == refused_.end()) {
      gauge = refused_
                  .emplace(refusal.reason, registry_->MakeGauge("kubediag_catalog_refused_modules",
                                                                "Module files refused, by reason.",
                                                                {{"reason", refusal.reason}}))
                  .first;
    }
    gauge->second.Add(1);
  }
}

}  // namespace kubediag::catalog
