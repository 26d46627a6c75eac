// ListAll: all objects of a collection, page by page, as one state of the server.
//
// Blocks its caller; thread-safe. One try: the caller backs off. A continue token that has expired
// starts the list afresh, once; pages too large for the transport are asked for with fewer objects.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/kube/known_object.h"
#include "engine/kube/paths.h"
#include "engine/kube/server_status.h"
#include "engine/kube/transport.h"

namespace kubediag::kube {

struct ListRequest {
  Resource resource;
  std::string namespace_name = {};  // empty: all
  std::string field_selector = {};
  std::function<bool(const api::Object& object)> keeps = nullptr;  // null: all
  std::string not_older_than = {};  // a resourceVersion; empty: the newest state
};

struct ListAnswer {
  // Not ok: nothing below is whole.
  Status status;
  std::optional<ServerStatus> refusal;  // with it the server gave a reason
  std::vector<ObjectPtr> objects;
  std::string resource_version;  // to watch from
  bool is_newest = false;        // the state when asked, not merely one not older than wanted
  std::vector<std::string> unreadable;  // what is wrong with objects that are left out
};

ListAnswer ListAll(Transport& transport, const ListRequest& request, const std::stop_token& stop);

}  // namespace kubediag::kube
