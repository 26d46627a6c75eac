#include "engine/api/object.h"

#include <array>
#include <type_traits>

namespace kubediag::api {
namespace {

constexpr std::array<std::string_view, 6> kPhaseNames = {"",          "Pending", "Running",
                                                         "Succeeded", "Failed",  "Unknown"};

}  // namespace

std::string_view KindOf(const Object& object) {
  constexpr std::array<std::string_view, std::variant_size_v<Object>> kKinds = {
      "Operation", "OperationSet", "Diagnosis", "Secret"};
  return kKinds[object.index()];
}

std::string_view ApiVersionOf(const Object& object) {
  return std::holds_alternative<Secret>(object) ? "v1" : kGroupVersion;
}

const ObjectMeta& MetadataOf(const Object& object) {
  return std::visit([](const auto& held) -> const ObjectMeta& { return held.metadata; }, object);
}
ObjectMeta& MetadataOf(Object& object) {
  return std::visit([](auto& held) -> ObjectMeta& { return held.metadata; }, object);
}

std::string DisplayName(const Object& object) {
  const ObjectMeta& metadata = MetadataOf(object);
  std::string name(KindOf(object));
  name += ' ';
  if (!metadata.namespace_name.empty()) name += metadata.namespace_name + '/';
  return name + metadata.name;
}

std::string_view PhaseName(Phase phase) { return kPhaseNames[static_cast<size_t>(phase)]; }

std::optional<Phase> ParsePhase(std::string_view name) {
  for (size_t i = 0; i < kPhaseNames.size(); ++i) {
    if (kPhaseNames[i] == name) return static_cast<Phase>(i);
  }
  return std::nullopt;
}

std::string_view StrategyName(Strategy strategy) {
  return strategy == Strategy::kAllPaths ? "AllPaths" : "FirstPath";
}

}  // namespace kubediag::api
