// Paths: where resources are on the API server.
//
// Pure functions, thread-safe. Names are checked here, once: whatever comes back as a target holds
// no byte that could mean something else on the way. InvalidArgument names the part at fault.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/result.h"

namespace kubediag::kube {

struct Resource {
  std::string_view group;  // empty: the core group
  std::string_view version;
  std::string_view plural;
  std::string_view kind;
  bool namespaced = false;
};

inline constexpr Resource kOperations{"diagnosis.kubediag.org", "v1", "operations", "Operation"};
inline constexpr Resource kOperationSets{"diagnosis.kubediag.org", "v1", "operationsets",
                                         "OperationSet"};
inline constexpr Resource kDiagnoses{"diagnosis.kubediag.org", "v1", "diagnoses", "Diagnosis",
                                     true};
inline constexpr Resource kSecrets{"", "v1", "secrets", "Secret", true};
inline constexpr Resource kPods{"", "v1", "pods", "Pod", true};
inline constexpr Resource kNodes{"", "v1", "nodes", "Node"};
inline constexpr Resource kEvents{"events.k8s.io", "v1", "events", "Event", true};
inline constexpr Resource kLeases{"coordination.k8s.io", "v1", "leases", "Lease", true};

using Query = std::vector<std::pair<std::string_view, std::string>>;

// "/apis/diagnosis.kubediag.org/v1/diagnoses?limit=500". `namespace_name` empty: all namespaces, or
// a resource without.
Result<std::string> CollectionTarget(const Resource& resource, std::string_view namespace_name,
                                     const Query& query = {});
// "/apis/diagnosis.kubediag.org/v1/namespaces/default/diagnoses/x/status?fieldManager=kubediag".
Result<std::string> ObjectTarget(const Resource& resource, std::string_view namespace_name,
                                 std::string_view name, std::string_view subresource = {},
                                 const Query& query = {});

// Everything but letters, digits, '-', '.', '_' and '~' as %XX.
std::string PercentEncode(std::string_view text);

// "Diagnosis default/x", "OperationSet x": how messages name an object.
std::string DisplayName(const Resource& resource, std::string_view namespace_name,
                        std::string_view name);

}  // namespace kubediag::kube
