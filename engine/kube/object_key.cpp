#include "engine/kube/object_key.h"

namespace kubediag::kube {

std::string ObjectKey::ToString() const {
  return namespace_name.empty() ? name : namespace_name + "/" + name;
}

ObjectKey KeyOf(const api::ObjectMeta& metadata) {
  return {metadata.namespace_name, metadata.name};
}

ObjectKey KeyOf(const api::Object& object) { return KeyOf(api::MetadataOf(object)); }

}  // namespace kubediag::kube
