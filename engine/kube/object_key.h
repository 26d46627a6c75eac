// ObjectKey: the name of an object within its resource, and what queues hold. A plain value.
#pragma once

#include <compare>
#include <string>

#include "engine/api/object.h"

namespace kubediag::kube {

struct ObjectKey {
  std::string namespace_name;  // empty for cluster-scoped kinds
  std::string name;
  // NOLINTNEXTLINE(modernize-use-nullptr): what the compiler writes for it
  auto operator<=>(const ObjectKey&) const = default;

  // "namespace/name", or "name".
  std::string ToString() const;
};

ObjectKey KeyOf(const api::ObjectMeta& metadata);
ObjectKey KeyOf(const api::Object& object);

}  // namespace kubediag::kube
