// KnownObject: an object as the API server sent it. A value that is shared and never changed.
#pragma once

#include <memory>
#include <string>

#include "engine/api/object.h"

namespace kubediag::api {
struct Value;
}

namespace kubediag::kube {

struct KnownObject {
  api::Object object;  // without managedFields and what else nobody here reads
  // What does not fit its type, field and reason; empty if sound. With a problem `object` holds
  // what could be read: good for reporting, not for running.
  std::string problem;

  const api::ObjectMeta& metadata() const { return api::MetadataOf(object); }
};

using ObjectPtr = std::shared_ptr<const KnownObject>;

struct ReadObject {
  ObjectPtr object;     // null if it is of no kind known here, or has no name or uid
  std::string problem;  // why it is null
};

// One object of an answer.
ReadObject ReadKnownObject(api::Value document);

}  // namespace kubediag::kube
