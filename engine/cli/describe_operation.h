// What is known of operations, as text and as data. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "engine/api/value.h"
#include "engine/catalog/catalog.h"

namespace kubediag::cli {

// "network", "serves-http" …: KUBEDIAG_FEATURE_… by name, unknown bits as "0x40".
std::vector<std::string> FeatureNames(const operation::OperationDescriptor& descriptor);

// Everything about one operation: for `kubediag operations NAME`.
std::string OperationText(const catalog::Entry& entry);

// For -o yaml and -o json.
api::Value OperationValue(const catalog::Entry& entry);
api::Value CatalogValue(const std::vector<catalog::Entry>& entries,
                        const std::vector<catalog::Refusal>& refusals);

}  // namespace kubediag::cli
